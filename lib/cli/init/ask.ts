/** The two questions of `polyloop init`, on a terminal. */

import { cancel, intro, isCancel, select } from "npm:@clack/prompts@1.9.0";
import { type Answers, FORMATS, KINDS } from "./templates.ts";

/** Asks the questions that no flag answers. Returns undefined if the user cancels, or `signal` aborts. */
export async function ask(given: Partial<Answers>, signal: AbortSignal): Promise<Answers | undefined> {
  intro("A task module, ten inputs and a config that run at once");
  const task = given.task ?? await choose("What will a task spend its time with?", KINDS, signal);
  const from = task && (given.from ?? await choose("How will the inputs be written?", FORMATS, signal));
  if (task && from) return { task, from };
  cancel("Nothing was written");
  return undefined;
}

async function choose<T extends string>(
  message: string,
  choices: Record<T, string>,
  signal: AbortSignal,
): Promise<T | undefined> {
  const options = Object.entries<string>(choices).map(([value, label]) => ({ value, label }));
  const answer = await select({ message, options, signal });
  return isCancel(answer) ? undefined : answer as T;
}
