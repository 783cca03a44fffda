/**
 * The story of a command, from the arguments to the exit code. `flags/args.ts` makes a command of the arguments,
 * `config/with_config.ts` adds the options of a config, and a file of `commands/` runs it. Only this file turns an error into a
 * line on stderr.
 */

import deno from "../../deno.json" with { type: "json" };
import { flushTelemetry } from "../wire/flush_telemetry.ts";
import { parseArgs } from "./flags/args.ts";
import type { Command } from "./command.ts";
import { ignoredTelemetry } from "./task/compiled.ts";
import { withConfig } from "./config/with_config.ts";
import { ExitCode, exitCodeOf } from "./run/exit_code.ts";
import { guardExit, NOT_EXPORTED } from "./run/leave.ts";
import {
  helpColumns,
  printError,
  printLine,
  printObjectsAlone,
  printText,
  stderrHasLeft,
} from "./progress/terminal.ts";
import { inRunSpan } from "./run/run_span.ts";
import { endBySignals } from "./signals/first_process.ts";
import { UserError } from "./user_error.ts";
import { wrapped } from "./flags/wrapped.ts";

/** Runs the command that the arguments name. Never throws. */
export async function main(args: string[]): Promise<number> {
  // Before the other arguments are checked: a program that reads JSON gets their errors as JSON, too.
  if (asksForObjects(args)) printObjectsAlone();
  const code = await run(args);
  if (!await flushTelemetry()) printError(NOT_EXPORTED);
  await guardExit(code);
  await stderrHasLeft();
  return code;
}

async function run(args: string[]): Promise<number> {
  try {
    return await dispatch(args);
  } catch (error) {
    if (error instanceof UserError) {
      printLine(`polyloop: ${error.message}`);
    } else if (error instanceof Error && error.name === "NotCapable") {
      // Deno's message names the flag of one permission only. With that flag, another permission would be missing.
      const what = error.message.split(", run again")[0];
      printLine(
        `polyloop: the command itself needs -A: deno run -A … (tasks get no permissions from it). ${what}`,
      );
    } else {
      // An error of polyloop: here the stack helps.
      printError(`polyloop: internal error: ${error instanceof Error ? error.stack : String(error)}\n`);
    }
    return exitCodeOf({ error });
  }
}

function asksForObjects(args: string[]): boolean {
  const end = args.indexOf("--");
  const own = end === -1 ? args : args.slice(0, end);
  return own.some((arg, at) => arg === "--progress=json" || (arg === "--progress" && own[at + 1] === "json"));
}

const RUNNING: ReadonlySet<Command["kind"]> = new Set(["run", "resume", "worker", "bench"]);

// Loads only the command that is called. `--help` and `--version` load none.
async function dispatch(args: string[]): Promise<number> {
  endBySignals();
  const command = parseArgs(args, { columns: helpColumns() });
  const ignored = RUNNING.has(command.kind) ? ignoredTelemetry() : undefined;
  if (ignored !== undefined) printLine(ignored);
  switch (command.kind) {
    case "run":
      return await inRunSpan("polyloop run", async () => {
        return await (await import("./commands/run.ts")).run(await withConfig(command));
      });
    case "resume":
      return await inRunSpan("polyloop resume", async () => {
        return await (await import("./commands/resume.ts")).resume(command.options);
      });
    case "status":
      return await (await import("./commands/status.ts")).status(command);
    case "bench":
      return await inRunSpan("polyloop bench", async () => {
        return await (await import("./commands/bench.ts")).bench(await withConfig(command), command.bench);
      });
    case "worker": {
      const { options } = await withConfig(command);
      return await (await import("./commands/worker.ts")).worker(options, command.worker);
    }
    case "top":
      return await (await import("./commands/top.ts")).top(command.options);
    case "init":
      return await (await import("./commands/init.ts")).init(command.options);
    case "completions":
      return (await import("./commands/completions.ts")).completions(command.shell);
    case "topic": {
      const { textOn } = await import("./flags/topic_text.ts");
      printText(wrapped(await textOn(command.topic), helpColumns()));
      return ExitCode.ok;
    }
    case "man":
      printText((await import("./flags/man_page.ts")).manPage(deno.version));
      return ExitCode.ok;
    case "help":
      (command.asked ? printText : printError)(command.text);
      return command.asked ? ExitCode.ok : ExitCode.nothingRan;
    case "version":
      printText(`polyloop ${deno.version}\n`);
      return ExitCode.ok;
    default:
      return command satisfies never;
  }
}
