/**
 * argv → a Command. Pure: nothing is printed, read or exited here, so that `main.ts` alone decides
 * what becomes of it.
 *
 * @module
 */

import { Command as Program, CommanderError, Option } from "npm:commander@15.1.0";
import { addMachineCommands } from "./args_machines.ts";
import { addPermissions } from "./args_permissions.ts";
import { addStartingCommands } from "./args_starting.ts";
import { addSteering } from "./args_steering.ts";
import type { Command } from "./command.ts";
import { gather } from "./gather.ts";
import { TOPICS } from "./help_topics.ts";
import { checkFlags, DEFAULT_SCHEMA } from "./options.ts";
import { EVERYTHING, GRANTABLE, withoutValue } from "./permissions.ts";

const EXAMPLE = `
Example:
  echo 21 | polyloop run -e 'x => x * 2'

More: polyloop COMMAND --help, or polyloop help TOPIC, on
  ${Object.keys(TOPICS).join(", ").replace(", journal", ",\n  journal")}
`;

const RUN_EXAMPLES = `
Examples:
  polyloop run tasks.ts#fetchPage -i urls.jsonl -o pages.jsonl -c 64 --timeout 30s --allow-net
  find . -name '*.md' | polyloop run --from lines --to lines tasks.ts#wordCount

Durations: 250ms, 30s, 5m, 2h. More: polyloop help, on tasks, formats, permissions, journal, …
`;

/** What a newcomer most likely meant. */
const HINTS: Record<string, string> = {
  "commander.excessArguments":
    " Inputs are read from stdin, or from FILE with -i FILE, or stand after --; a list of permissions stands after =, as in --allow-net=HOST.",
  "commander.unknownCommand": ". To run a module: polyloop run MODULE",
};

/** Takes the arguments apart. */
export function parseArgs(args: string[]): Command {
  let printed = "";
  let command: Command | undefined;
  const program = makeProgram(
    (text) => printed += text,
    (made) => command = made,
  );
  if (args.length === 0) return { kind: "help", text: program.helpInformation() + EXAMPLE, asked: false };
  const [own, inputs] = splitInputs(args);
  try {
    program.parse(own.map(withoutValue).map(withSchema), { from: "user" });
  } catch (error) {
    // --version counts as an answer wherever it stands, also where a command is missing beside it.
    if (program.opts().version) return { kind: "version" };
    if (!(error instanceof CommanderError)) throw error;
    if (error.code.startsWith("commander.help")) {
      const asked = error.exitCode === 0;
      return { kind: "help", text: printed, asked };
    }
    const message = oneLine(error.message).replace(`=${EVERYTHING}`, "");
    return { kind: "usageError", message: aboutPermissions(message) ?? message + (HINTS[error.code] ?? "") };
  }
  if (program.opts().version) return { kind: "version" };
  if (inputs && command?.kind === "run") return toRunCommand({ ...command.flags, args: inputs });
  return command ?? { kind: "help", text: printed, asked: false };
}

/** What stands after `--` are inputs of a run: commander would take the first for the module. */
function splitInputs(args: string[]): [own: string[], inputs: string[] | undefined] {
  const at = args[0] === "run" ? args.indexOf("--") : -1;
  return at === -1 ? [args, undefined] : [args.slice(0, at), args.slice(at + 1)];
}

/** `--schema` takes no value from the next word: only `=` gives it another export. */
function withSchema(arg: string): string {
  return arg === "--schema" ? `${arg}=${DEFAULT_SCHEMA}` : arg;
}

/** All commands and options, as commander has them. */
export function makeProgram(
  print: (text: string) => void,
  onCommand: (command: Command) => void,
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
    .helpCommand(false)
    .addHelpText("after", EXAMPLE);
  const run = program.command("run")
    .summary("run a task over many inputs")
    .description("Runs a task over many inputs. Results go to stdout, everything else to stderr.")
    .usage("MODULE[#EXPORT] | -e SOURCE [options] [-- INPUT …]")
    .argument("[MODULE]")
    .helpOption("-h, --help", "print this help")
    // Whoever reads this knows it.
    .configureHelp({
      visibleArguments: () => [],
      visibleOptions: (command) => command.options.filter(({ hidden }) => !hidden),
    })
    .optionsGroup("The task:")
    .option("-e, --eval <SOURCE>", "a function instead of MODULE: 'async (x) => …'")
    .option("-j, --workers <N>", "workers (one per core)")
    .option("-c, --concurrency <N>", "tasks in flight per worker (16); auto: as many as turn out to be best")
    .option("--isolation <HOW>", "where tasks run: thread, process, or none: in the main thread (thread)")
    .option("--schema [EXPORT]", "check each input by the module's export input (a zod schema), or =EXPORT")
    .option("--batch <N>", "call the task with arrays of up to N inputs; it returns as many results")
    .option("--timeout <TIME>", "how long a task may run (no limit); then it has --grace 5s to stop")
    .addOption(new Option("--grace <TIME>", "how long a task may go on after its timeout (5s)").hideHelp())
    .option("--retries <N>", "more attempts for an input that failed (0), after --backoff 200ms..30s")
    .addOption(
      new Option("--backoff <RANGE>", "the delays before attempts, doubling, with jitter").hideHelp(),
    )
    .optionsGroup("In and out:")
    .option(
      "-i, --input <FILE>",
      "read inputs from FILE (-: stdin; several -i in turn; .gz, .zst)",
      gather,
    )
    .option("-o, --output <FILE>", "write results to FILE (-: stdout; .gz, .zst)")
    .option(
      "--from <FORMAT>",
      "jsonl, lines, csv, tsv, json (an array) or nul (by the ending of FILE, or jsonl)",
    )
    .option("--to <FORMAT>", "jsonl, lines, csv, tsv or json (by the ending of FILE, or jsonl)")
    .addOption(new Option("--separator <C>", "what stands between the values of a CSV (,)").hideHelp())
    .addOption(new Option("--to-separator <C>", "the separator of --to csv, where it is another").hideHelp())
    .addOption(new Option("--header <NAMES>", "the columns' names, where a CSV has no header").hideHelp())
    .addOption(new Option("--no-header", "a CSV has no header: column1, column2, …").hideHelp())
    .option("--unordered", "write results as they finish: a slow input holds up no others")
    .option("--envelope", 'write {"index","ok","value"|"error","attempts","ms"} for every input')
    .option("--errors <FILE>", "write failed inputs to FILE, as JSONL");
  addSteering(addPermissions(run, { config: true }).optionsGroup("The run:"))
    .option("--journal <FILE>", "keep every outcome in FILE, so that polyloop resume FILE can go on")
    .option("--redis <URL>", "run it on the polyloop workers of a broker (see polyloop help machines)")
    .addOption(new Option("--queue <NAME>", "the workers' queue (default)").hideHelp())
    .addOption(new Option("--redis-ca <FILE>", "the CA of the broker's certificate").hideHelp())
    .addOption(
      new Option("--run-id <NAME>", "the run's name, which one producer at a time may have").hideHelp(),
    )
    .option("--halt <N|N%>", "start no more once so many inputs, or such a part of them, failed")
    .option("--deadline <TIME>", "abort the run after this time")
    .option("--progress <HOW>", "auto, plain, json or none, on stderr (auto: a live line on a terminal)")
    .option("--report <FILE>", "a page that shows the run: timeline, rates, errors, slowest inputs")
    .option("--stats <FILE>", "its figures as JSON; --trace FILE: its tasks as Chrome trace events")
    .addOption(new Option("--trace <FILE>", "its tasks as Chrome trace events").hideHelp())
    .option("--config <FILE>", "options from a JSON file (polyloop.json beside MODULE; --no-config: none)")
    .addOption(new Option("--no-config", "leave polyloop.json out").hideHelp())
    .option("--dry-run", "check module, export, options and every input; run nothing")
    .addHelpText("after", RUN_EXAMPLES)
    .action((module, flags) => onCommand(toRunCommand({ ...flags, module })));
  addJournalCommands(program, onCommand);
  addMachineCommands(program, onCommand);
  addStartingCommands(program, onCommand);
  return program;
}

function addJournalCommands(program: Program, onCommand: (command: Command) => void): void {
  const resume = program.command("resume")
    .summary("go on with a run that was kept by --journal")
    .description(
      "Runs the inputs that have not run, and writes the output of all, as if nothing had happened.",
    )
    .usage("JOURNAL [options]")
    .argument("<JOURNAL>")
    .configureHelp({ visibleArguments: () => [] })
    .helpOption("-h, --help", "print this help")
    .option("--retry-failed", "run the inputs that failed once more")
    .option("--accept-changed-module", "go on though the module has changed since")
    .optionsGroup("In place of what the run had:")
    .option("-i, --input <FILE>", "read inputs from FILE (-: stdin)", gather)
    .option("-o, --output <FILE>", "write results to FILE (-: stdout)")
    .option("--errors <FILE>", "write failed inputs to FILE, as JSONL")
    .option("-j, --workers <N>", "workers")
    .option("-c, --concurrency <N>", "tasks in flight per worker, or auto")
    .option("--isolation <HOW>", "where tasks run: thread, process or none")
    .option("--timeout <TIME>", "how long a task may run")
    .option("--grace <TIME>", "how long it may go on after that")
    .option("--retries <N>", "more attempts for an input that failed")
    .option("--backoff <RANGE>", "the delays before them")
    .option("--redis <URL>", "run it on the polyloop workers of a broker")
    .option("--queue <NAME>", "the workers' queue")
    .option("--redis-ca <FILE>", "the CA of the broker's certificate")
    .option("--halt <N|N%>", "start no more once so many inputs, or such a part of them, failed")
    .option("--deadline <TIME>", "abort the run after this time")
    .option("--progress <HOW>", "auto, plain, json or none, on stderr")
    .option("--report <FILE>", "a page that shows what runs now")
    .option("--trace <FILE>", "its tasks as Chrome trace events")
    .option("--stats <FILE>", "its figures as JSON");
  addPermissions(addSteering(resume), { config: false })
    .action((journal, { retryFailed = false, acceptChangedModule = false, ...overrides }) => {
      onCommand({ kind: "resume", options: { journal, overrides, retryFailed, acceptChangedModule } });
    });
  program.command("status")
    .summary("show how far a run with --journal is")
    .description("Shows counts, times and errors of a run, also while it runs.")
    .usage("JOURNAL [--json] [--report FILE]")
    .argument("<JOURNAL>")
    .configureHelp({ visibleArguments: () => [] })
    .helpOption("-h, --help", "print this help")
    .option("--json", "as JSON")
    .option("--report <FILE>", "write a page that shows the run, all of it")
    .action((journal, { json = false, report }) => onCommand({ kind: "status", journal, json, report }));
}

function toRunCommand(flags: Record<string, unknown>): Command {
  const checked = checkFlags(flags);
  if (!checked.ok) return { kind: "usageError", message: checked.message };
  return { kind: "run", options: checked.value, flags };
}

/** What is wrong with a flag like those for permissions: the help shows one for all, so the nearest is not told. */
function aboutPermissions(message: string): string | undefined {
  const flag = /^unknown option '(--(?:allow|deny)-[^'=]*)/.exec(message)?.[1];
  const known = GRANTABLE.map((name) => `--allow-${name}`);
  if (flag === undefined || known.includes(flag)) return undefined;
  return `unknown option '${flag}'. There are ${known.join(", ")} and -A; what they do not grant is denied`;
}

function oneLine(message: string): string {
  return message.replace(/^error: /, "").replace(/\s*\n\s*/g, " ");
}
