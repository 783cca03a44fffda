#!/usr/bin/env -S deno run -A --unstable-worker-options
/**
 * The command line's entry: hands the arguments to `lib/cli/main.ts` and ends with its exit code.
 *
 * @module
 */

import process from "node:process";
import { main } from "./lib/cli/main.ts";

if (import.meta.main) {
  const code = await main(process.argv.slice(2));
  // Explicit, because a thread that was left behind in an endless loop would keep the process alive.
  process.exit(code);
}
