/**
 * `polyloop run --dry-run`: has every input read by the workers, as a run would, and runs nothing.
 *
 * @module
 */

import type { Executor } from "../../executor/executor.ts";
import { ErrorText } from "../error_text.ts";
import { ExitCode } from "../exit_code.ts";
import type { InputFile } from "../input/input_file.ts";
import { LinePump } from "../input/line_pump.ts";
import { LineSource } from "../input/line_source.ts";
import type { ModuleReference } from "../module_reference.ts";
import type { RunOptions } from "../options.ts";
import { Failures } from "../progress/failures.ts";
import { plural } from "../progress/format.ts";
import { printError } from "../progress/terminal.ts";
import { systemReason, UserError } from "../user_error.ts";

/** So many lines are on their way to be read, at the most. */
const WINDOW = 4_096;

/** What was found to be sound already. */
interface Findings {
  options: RunOptions;
  reference: ModuleReference;
  /** The module's tasks. */
  names: string[];
  input: InputFile;
}

/** Reads all input and says what a run would do. */
export async function dryRun(executor: Executor, findings: Findings): Promise<ExitCode> {
  const { options, reference, names, input } = findings;
  const json = options.from === "jsonl";
  sayTarget(reference, names);
  const source = new LineSource(input, { skipBlank: json, window: WINDOW });
  const text = new ErrorText(reference);
  const failures = new Failures((line) => printError(`${line}\n`));
  let broken = 0;
  const pump = new LinePump({
    executor,
    task: () => undefined,
    source,
    options: { encoding: { input: json ? "json" : "text", output: "text" } },
    sink: {
      succeeded: (index, _micros, results) => source.settle(index, results.length),
      settled(index, { ok, value }) {
        const { number } = source.originOf(index);
        source.settle(index);
        if (ok) return;
        broken++;
        failures.add(number, () => text.line(value));
      },
    },
  });
  await pump.run();
  failures.finish("");
  if (source.failure) throw new UserError(`Cannot read ${input.name}: ${systemReason(source.failure)}`);
  if (broken > 0) {
    throw new UserError(
      `${plural(broken, "broken line")} among ${plural(source.pulled, "input")} in ${input.name}`,
    );
  }
  say(`${plural(source.pulled, "input")} in ${input.name}${json ? ", all valid JSON" : ""}`);
  say(
    `results would go to ${options.output === "-" ? "stdout" : options.output}; nothing was run or written`,
  );
  return ExitCode.ok;
}

function sayTarget({ name, task }: ModuleReference, names: string[]): void {
  if (name === "-e") return say("-e is a function");
  const others = names.filter((known) => known !== task);
  say(`${name} exports ${task}${others.length > 0 ? ` (and ${others.join(", ")})` : ""}`);
}

function say(text: string): void {
  printError(`ok: ${text}\n`);
}
