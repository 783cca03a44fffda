/**
 * argv → a Command. Pure: nothing is printed, read or exited here, so that `main.ts` alone decides
 * what becomes of it.
 *
 * @module
 */

import { Command as Program, CommanderError } from "npm:commander@15.1.0";
import { checkRunOptions, type RunOptions } from "./options.ts";

/** What the user wants. */
export type Command =
  | { kind: "run"; options: RunOptions }
  /** `asked` is false where help is all that can be said: it is then an error. */
  | { kind: "help"; text: string; asked: boolean }
  | { kind: "version" }
  | { kind: "usageError"; message: string };

const EXAMPLE = `
Example:
  echo 21 | polyloop run -e 'x => x * 2'
`;

const RUN_EXAMPLES = `
Examples:
  polyloop run tasks.ts#fetchPage -i urls.jsonl -o pages.jsonl -c 64 --timeout 30s
  find . -name '*.md' | polyloop run --from lines --to lines tasks.ts#wordCount
  echo '{"n":20}' | polyloop run -e 'async ({ n }) => n + 1'

MODULE is a path or a URL; without #EXPORT its default export is run. A task is
(input, context) => output, sync or async. Durations: 250ms, 30s, 5m, 2h.
Exit codes: 0 all ended well, 1 some inputs failed, 2 nothing ran, 4 incomplete, 130/143 stopped by a signal.
`;

/** What a newcomer most likely meant. */
const HINTS: Record<string, string> = {
  "commander.excessArguments": " Inputs are read from stdin, or from FILE with -i FILE.",
  "commander.unknownCommand": ". To run a module: polyloop run MODULE",
};

/** Takes the arguments apart. */
export function parseArgs(args: string[]): Command {
  let printed = "";
  let command: Command | undefined;
  const program = makeProgram(
    (text) => printed += text,
    (flags) => command = toRunCommand(flags),
  );
  if (args.length === 0) return { kind: "help", text: program.helpInformation() + EXAMPLE, asked: false };
  try {
    program.parse(args, { from: "user" });
  } catch (error) {
    // --version counts as an answer wherever it stands, also where a command is missing beside it.
    if (program.opts().version) return { kind: "version" };
    if (!(error instanceof CommanderError)) throw error;
    if (error.code.startsWith("commander.help")) {
      const asked = error.exitCode === 0;
      return { kind: "help", text: printed, asked };
    }
    return { kind: "usageError", message: oneLine(error.message) + (HINTS[error.code] ?? "") };
  }
  if (program.opts().version) return { kind: "version" };
  return command ?? { kind: "help", text: printed, asked: false };
}

function makeProgram(
  print: (text: string) => void,
  onRun: (flags: Record<string, unknown>) => void,
): Program {
  const program = new Program("polyloop")
    .exitOverride()
    .configureOutput({
      writeOut: print,
      writeErr: print,
      getOutHelpWidth: () => 100,
      getErrHelpWidth: () => 100,
    })
    .description("Runs an async function over many inputs: every core, many in flight per core.")
    .option("--version", "print the version")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", EXAMPLE);
  program.command("run")
    .summary("run a task over many inputs")
    .description("Runs a task over many inputs. Results go to stdout, everything else to stderr.")
    .usage("MODULE[#EXPORT] [options]\n       polyloop run -e SOURCE [options]")
    .argument("[MODULE]")
    .configureHelp({ visibleArguments: () => [] })
    .helpOption("-h, --help", "print this help")
    .optionsGroup("The task:")
    .option("-e, --eval <SOURCE>", "a function instead of MODULE: 'async (x) => …'")
    .option("-j, --workers <N>", "workers (one per core)")
    .option("-c, --concurrency <N>", "tasks in flight per worker (16)")
    .option("--isolation <HOW>", "where tasks run: thread, process, or none: in the main thread (thread)")
    .option("--timeout <TIME>", "how long a task may run (no limit)")
    .option("--grace <TIME>", "how long it may go on after that, before its worker is replaced (5s)")
    .option("--retries <N>", "more attempts for an input that failed (0)")
    .option("--backoff <RANGE>", "the delays before them, doubling, with jitter (200ms..30s)")
    .optionsGroup("In and out:")
    .option("-i, --input <FILE>", "read inputs from FILE (-: stdin)")
    .option("-o, --output <FILE>", "write results to FILE (-: stdout)")
    .option("--from <FORMAT>", "jsonl: a JSON value per line, or lines: a text per line (jsonl)")
    .option("--to <FORMAT>", "jsonl, or lines: texts as they are, anything else as JSON (jsonl)")
    .option("--unordered", "write results as they finish: a slow input holds up no others")
    .option("--envelope", 'write {"index","ok","value"|"error","attempts","ms"} for every input')
    .option("--errors <FILE>", "write failed inputs to FILE, as JSONL")
    .optionsGroup("The run:")
    .option("--progress <HOW>", "auto, plain or none, on stderr (auto: a bar on a terminal)")
    .option("--dry-run", "check module, export, options and every input; run nothing")
    .addHelpText("after", RUN_EXAMPLES)
    .action((module, flags) => onRun({ ...flags, module }));
  return program;
}

function toRunCommand(flags: Record<string, unknown>): Command {
  const checked = checkRunOptions(flags);
  if (!checked.ok) return { kind: "usageError", message: checked.message };
  return { kind: "run", options: checked.value };
}

function oneLine(message: string): string {
  return message.replace(/^error: /, "").replace(/\s*\n\s*/g, " ");
}
