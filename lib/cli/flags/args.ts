/**
 * argv → a Command. Pure: nothing is printed, read or exited here, so that `main.ts` alone decides
 * what becomes of it.
 *
 * @module
 */

import { Command as Program, CommanderError } from "npm:commander@15.1.0";
import { addMachineCommands } from "./args_machines.ts";
import { addPermissions } from "./args_permissions.ts";
import { addStartingCommands, toBenchCommand } from "./args_starting.ts";
import { addSteering } from "./args_steering.ts";
import type { Command } from "../command.ts";
import { gather } from "./gather.ts";
import { TOPICS } from "./help_topics.ts";
import { checkFlags, DEFAULT_SCHEMA } from "./options.ts";
import { otherWord } from "./other_words.ts";
import { PERMISSION_NAMES } from "../../wire/permissions.ts";
import { EVERYTHING, withoutValue } from "../task/permissions.ts";
import { wrapped } from "./wrapped.ts";

const EXAMPLE = `
Example:
  echo 21 | polyloop run -e 'x => x * 2'

All flags of a command: polyloop COMMAND --help. More: polyloop help TOPIC, on ${
  Object.keys(TOPICS).join(", ")
}.
`;

const RUN_EXAMPLES = `
Examples:
  polyloop run tasks.ts#fetch -i urls.txt -o pages.jsonl -c 64 --allow-net
  find . -name '*.md' | polyloop run --from lines tasks.ts#wordCount

Durations: 250ms, 30s, 5m, 2h. Sizes: 64mb, 2gb. More: polyloop help TOPIC.
`;

/** More columns than any line has. */
const UNWRAPPED = 1_000;

/** What a newcomer most likely meant. */
const HINTS: Record<string, string> = {
  "commander.unknownCommand": ". To run a module: polyloop run MODULE",
};

/** Takes the arguments apart. `columns` is the width of help texts. */
export function parseArgs(args: string[], { columns = 80 } = {}): Command {
  let printed = "";
  let command: Command | undefined;
  const program = makeProgram(
    (text) => printed += text,
    (made) => command = made,
  );
  if (args.length === 0) {
    return { kind: "help", text: wrapped(program.helpInformation() + EXAMPLE, columns), asked: false };
  }
  const [own, inputs] = splitInputs(args);
  try {
    program.parse(own.map(withoutValue).map(withSchema), { from: "user" });
  } catch (error) {
    // --version counts as an answer wherever it stands, also where a command is missing beside it.
    if (program.opts().version) return { kind: "version" };
    if (!(error instanceof CommanderError)) throw error;
    if (error.code.startsWith("commander.help")) {
      const asked = error.exitCode === 0;
      return { kind: "help", text: wrapped(printed, columns), asked };
    }
    return { kind: "usageError", message: usageMessage(error, own, program) };
  }
  if (program.opts().version) return { kind: "version" };
  if (inputs && command?.kind === "run") return toRunCommand({ ...command.flags, args: inputs });
  if (inputs && command?.kind === "bench") {
    return toBenchCommand({ ...command.flags, args: inputs }, command.bench);
  }
  return command ?? { kind: "help", text: wrapped(printed, columns), asked: false };
}

/** What is wrong with the arguments, on one line, and what was most likely meant. */
function usageMessage(error: CommanderError, args: string[], program: Program): string {
  const message = oneLine(error.message).replace(`=${EVERYTHING}`, "");
  const flag = /^unknown option '([^']+)'/.exec(message)?.[1];
  const other = flag === undefined ? "" : otherWord(flag, args, program);
  if (other) return `unknown option '${flag}'${other}`;
  // xargs -P 4: here that is no number.
  const isNumbered = args.some((arg, at) => arg === "-P" && /^\d+$/.test(args[at + 1] ?? ""));
  if (error.code === "commander.excessArguments" && isNumbered) {
    return `${message} -P applies the permissions of a config and takes no number. -j N sets the number of workers`;
  }
  if (error.code === "commander.excessArguments") return message + excessHint(args);
  return aboutPermissions(message) ?? message + (HINTS[error.code] ?? "");
}

/** What stands after `--` are inputs: commander would take the first for the module. */
function splitInputs(args: string[]): [own: string[], inputs: string[] | undefined] {
  const at = takesInputs(args) ? args.indexOf("--") : -1;
  return at === -1 ? [args, undefined] : [args.slice(0, at), args.slice(at + 1)];
}

/** What arguments too many were meant to be, most likely. */
function excessHint(args: string[]): string {
  const hints = [
    takesInputs(args) && "Inputs are read from stdin, or from FILE with -i FILE, or stand after --.",
    args.some((arg) => arg.startsWith("--allow-")) &&
    "A list of permissions stands after =, as in --allow-net=HOST.",
  ];
  return hints.filter(Boolean).map((hint) => ` ${hint}`).join("");
}

function takesInputs([command]: string[]): boolean {
  return command === "run" || command === "bench";
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
      // Wrapped as a whole, with what we add to it.
      getOutHelpWidth: () => UNWRAPPED,
      getErrHelpWidth: () => UNWRAPPED,
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
    // The reader of this help has found it already.
    .configureHelp({ visibleArguments: () => [], visibleOptions: ({ options }) => [...options] })
    .optionsGroup("The task:")
    .option("-e, --eval <SOURCE>", "a function instead of MODULE: 'async (x) => …'")
    .option("-j, --workers <N>", "number of workers [default: one per core]")
    .option("-c, --concurrency <N>", "tasks in flight per worker, or auto [default: 16]")
    .option("--isolation <HOW>", "thread, process or none [default: thread]")
    .option("--schema [EXPORT]", "check each input by the export input, or =EXPORT")
    .option("--batch <N>", "call the task with arrays of up to N inputs")
    .option("--timeout <TIME>", "time limit of an attempt [default: no limit]")
    .option("--grace <TIME>", "time to stop after a timeout [default: 5s]")
    .option("--retries <N>", "more attempts for a failed input [default: 0]")
    .option("--backoff <RANGE>", "delays before retries [default: 200ms..30s]")
    .optionsGroup("In and out:")
    .option("-i, --input <FILE>", "read inputs from FILE (-: stdin); several in turn", gather)
    .option("-o, --output <FILE>", "write results to FILE (-: stdout; .gz, .zst)")
    .option("--from <FORMAT>", "jsonl, lines, csv, tsv, json, nul [by FILE's ending]")
    .option("--to <FORMAT>", "jsonl, lines, csv, tsv, json [by FILE's ending]")
    .option("--separator <C>", "separator of --from csv and --to csv [default: ,]")
    .option("--to-separator <C>", "separator of --to csv, if it differs")
    .option("--header <NAMES>", "names of the columns, for a CSV without a header")
    .option("--no-header", "a CSV without a header: column1, column2, …")
    .option("--unordered", "write results as they finish, not in input order")
    .option("--envelope", "write the outcome of every input, not bare results")
    .option("--errors <FILE>", "write failed inputs to FILE, as JSONL");
  addSteering(addPermissions(run, { config: true }).optionsGroup("The run:"))
    .option("--journal <FILE>", "keep every outcome, for polyloop resume FILE")
    .option("--halt <N|N%>", "stop starting tasks after N failures, or N %")
    .option("--deadline <TIME>", "abort the run after this time")
    .option("--progress <HOW>", "auto, plain, json or none [default: auto]")
    .option("--report <FILE>", "a page of the run: timeline, rates, errors, inputs")
    .option("--stats <FILE>", "the figures of the run, as JSON")
    .option("--trace <FILE>", "the tasks, as Chrome trace events")
    .option("--dry-run", "check module, options and inputs; run nothing")
    .optionsGroup("Options from a file:")
    .option("--config <FILE>", "a JSON file [default: polyloop.json beside MODULE]")
    .option("--no-config", "ignore polyloop.json")
    .optionsGroup("Workers on other machines (polyloop help machines):")
    .option("--redis <URL>", "the broker of the polyloop workers")
    .option("--redis-ca <FILE>", "the CA of the broker's certificate")
    .option("--redis-cert <FILE>", "this client's certificate, with --redis-key FILE")
    .option("--redis-key <FILE>", "the key of --redis-cert")
    .option("--queue <NAME>", "the workers' queue [default: default]")
    .option("--run-id <NAME>", "name of the run; one producer at a time")
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
    .option("--retry-failed", "run failed inputs again")
    .option("--accept-changed-module", "resume although the module has changed")
    .option("--forget", "remove outcomes whose inputs are missing")
    .option("--repair", "remove damaged rows; their inputs run again")
    .optionsGroup("In place of what the run had:")
    .option("-i, --input <FILE>", "read inputs from FILE (-: stdin)", gather)
    .option("-o, --output <FILE>", "write results to FILE (-: stdout)")
    .option("--errors <FILE>", "write failed inputs to FILE, as JSONL")
    .option("-j, --workers <N>", "number of workers")
    .option("-c, --concurrency <N>", "tasks in flight per worker, or auto")
    .option("--isolation <HOW>", "thread, process or none")
    .option("--timeout <TIME>", "time limit of an attempt")
    .option("--grace <TIME>", "time to stop after a timeout")
    .option("--retries <N>", "more attempts for a failed input")
    .option("--backoff <RANGE>", "delays before retries")
    .option("--redis <URL>", "the broker of the polyloop workers")
    .option("--queue <NAME>", "the workers' queue")
    .option("--redis-ca <FILE>", "the CA of the broker's certificate")
    .option("--redis-cert <FILE>", "this client's certificate, with --redis-key FILE")
    .option("--redis-key <FILE>", "the key of --redis-cert")
    .option("--halt <N|N%>", "stop starting tasks after N failures, or N %")
    .option("--deadline <TIME>", "abort the run after this time")
    .option("--progress <HOW>", "auto, plain, json or none, on stderr")
    .option("--report <FILE>", "a page of the whole run, with all sessions")
    .option("--trace <FILE>", "the tasks, as Chrome trace events")
    .option("--stats <FILE>", "the figures of the run, as JSON");
  addPermissions(addSteering(resume), { config: false })
    .action(
      (
        journal,
        { retryFailed = false, acceptChangedModule = false, forget = false, repair = false, ...overrides },
      ) => {
        onCommand({
          kind: "resume",
          options: { journal, overrides, retryFailed, acceptChangedModule, forget, repair },
        });
      },
    );
  program.command("status")
    .summary("show how far a run with --journal is")
    .description("Shows counts, times and errors of a run, also while it runs.")
    .usage("JOURNAL [--json] [--report FILE]")
    .argument("<JOURNAL>")
    .configureHelp({ visibleArguments: () => [] })
    .helpOption("-h, --help", "print this help")
    .option("--json", "as JSON")
    .option("--report <FILE>", "write a page of the whole run")
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
  const known = PERMISSION_NAMES.map((name) => `--allow-${name}`);
  if (flag === undefined || known.includes(flag)) return undefined;
  return `unknown option '${flag}'. There are ${known.join(", ")} and -A; what they do not grant is denied`;
}

function oneLine(message: string): string {
  return message.replace(/^error: /, "").replace(/\s*\n\s*/g, " ");
}
