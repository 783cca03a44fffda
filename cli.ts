#!/usr/bin/env -S deno run -A --unstable-worker-options
/**
 * The command line's entry: hands the arguments to `lib/cli/main.ts` and ends with its exit code. Compiled, it is the
 * entry of its own workers as well.
 *
 * @module
 */

import process from "node:process";
import deno from "./deno.json" with { type: "json" };
import { tooOld } from "./lib/wire/runtime_version.ts";
import { lookForSelfStart } from "./lib/wire/self_start.ts";

if (import.meta.main) {
  const reason = tooOld();
  if (reason !== undefined) {
    console.error(reason);
    process.exit(2);
  }
  const args = process.argv.slice(2);
  const worker = lookForSelfStart(args, () => process.connected);
  if (worker) {
    // Loaded only now, because a worker does not need the command line, and the command line does not need the worker.
    const { startWorker } = await import("./lib/worker/entries/compiled.ts");
    await startWorker(worker);
  } else if (!(args.length === 1 && args[0] === "--version" && printVersion())) {
    const { main } = await import("./lib/cli/main.ts");
    const code = await main(args);
    // Explicit, because a thread that was left behind in an endless loop would keep the process alive.
    process.exit(code);
  }
}

/**
 * Prints the version without the command line, which takes three times as long to load. Returns false if the version cannot be
 * written: the command line then says why.
 */
function printVersion(): boolean {
  try {
    process.getBuiltinModule("node:fs").writeSync(1, `polyloop ${deno.version}\n`);
    return true;
  } catch {
    return false;
  }
}
