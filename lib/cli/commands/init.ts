/** `polyloop init`: writes a task module, inputs and a config to start from. */

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { ExitCode, exitCodeOf } from "../run/exit_code.ts";
import { type Answers, FORMATS, grantsAnything, KINDS, templates } from "../init/templates.ts";
import { printText } from "../progress/terminal.ts";
import { quoted } from "../progress/quoted.ts";
import { SignalWatch } from "../signals/watch.ts";
import { systemReason, UserError } from "../user_error.ts";

export interface InitOptions extends Partial<Answers> {
  folder: string;
  force: boolean;
}

/**
 * Asks the questions that no flag answers, and writes the files.
 *
 * @throws {UserError} if there is no terminal to ask on, or a file exists or cannot be written
 */
export async function init({ folder, force, task, from }: InitOptions): Promise<ExitCode> {
  // These names do not depend on the answers, so they are checked before the questions.
  if (!force) refuseToOverwrite(folder, ["tasks.ts", "polyloop.json"]);
  const stopped = new AbortController();
  const stop = () => stopped.abort();
  // A prompt changes the mode of the terminal and hides the cursor. A signal must restore both.
  const signals = new SignalWatch({ drain: stop, abort: stop, leave: (code) => process.exit(code) });
  const answers = task && from ? { task, from } : await askForRest({ task, from }, stopped.signal);
  signals.stop();
  // While a prompt is open, Ctrl-C is a key and not a signal.
  if (!answers) return exitCodeOf({ stoppedBy: signals.first ?? "SIGINT" });
  const files = templates(answers);
  if (!force) refuseToOverwrite(folder, Object.keys(files));
  write(folder, files);
  // A config that a run finds beside the module grants no permissions without -P.
  const command = grantsAnything(answers) ? "polyloop run -P" : "polyloop run";
  const run = folder === "." ? command : `cd ${quoted(folder)} && ${command}`;
  printText(
    `wrote ${Object.keys(files).map((name) => join(folder, name)).join(", ")}\n` +
      `run it: ${run}\n`,
  );
  return ExitCode.ok;
}

async function askForRest(given: Partial<Answers>, signal: AbortSignal): Promise<Answers | undefined> {
  if (process.stdin.isTTY && process.stdout.isTTY) {
    return await (await import("../init/ask.ts")).ask(given, signal);
  }
  const missing = [
    given.task ? undefined : `--task ${Object.keys(KINDS).join("|")}`,
    given.from ? undefined : `--from ${Object.keys(FORMATS).join("|")}`,
  ].filter(Boolean).join(" and ");
  throw new UserError(
    `init: stdin and stdout are not a terminal, so no questions can be asked: give ${missing}`,
  );
}

function refuseToOverwrite(folder: string, names: string[]): void {
  const there = names.map((name) => join(folder, name)).filter((path) => existsSync(path));
  if (there.length === 0) return;
  const are = there.length === 1 ? "is" : "are";
  throw new UserError(`init: ${there.join(", ")} ${are} there already; --force overwrites`);
}

function write(folder: string, files: Record<string, string>): void {
  try {
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  } catch (error) {
    throw new UserError(`init: cannot write to ${folder}: ${systemReason(error)}`);
  }
}
