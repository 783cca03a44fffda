/** `polyloop run --dry-run`: the workers read every input, as in a run, and no task is called. */

import { InOrder } from "../../executor/calls/in_order.ts";
import type { Executor } from "../../executor/executor.ts";
import type { Effective } from "../config/with_config.ts";
import { ErrorText } from "../task/error_text.ts";
import { ExitCode } from "./exit_code.ts";
import { hintFor } from "../input/formats/format_hint.ts";
import { LinePump } from "../input/line_pump.ts";
import { LineSource } from "../input/line_source.ts";
import type { RunInput } from "../input/run_input.ts";
import type { ModuleReference } from "../task/module_reference.ts";
import type { RunOptions } from "../flags/options.ts";
import { Failures } from "../progress/failures.ts";
import { formatCount, plural } from "../progress/format.ts";
import { printLine } from "../progress/terminal.ts";
import { systemReason, UserError } from "../user_error.ts";
import { shownOptions } from "./shown_options.ts";

/** Maximum number of inputs that are handed to workers ahead of the first one that is not read yet. A guess. */
const WINDOW = 4_096;

/** The result for a format without broken inputs. */
const FINDING: Record<RunOptions["from"], string> = {
  jsonl: ", all valid JSON",
  json: ", all valid JSON",
  csv: ", each with as many values as the header",
  tsv: ", each with as many values as the header",
  lines: "",
  nul: "",
};

interface Findings extends Effective {
  reference: ModuleReference;
  names: string[];
  input: RunInput;
  /** Why tasks would run in processes although the user has not asked for it. */
  isolatedBecause?: string;
}

interface Finding {
  index: number;
  count: number;
  error: unknown;
}

/** Reads all inputs, and prints what a run would do. @throws {UserError} if an input is broken */
export async function dryRun(executor: Executor, findings: Findings): Promise<ExitCode> {
  const { options, reference, names, input } = findings;
  sayTarget(reference, names);
  say("the options, and where each comes from:");
  shownOptions(findings).forEach(printLine);
  const source = new LineSource(input, { window: WINDOW });
  const text = new ErrorText(reference);
  const failures = new Failures({ text, asObjects: options.progress === "json" });
  let broken = 0;
  // In input order, so that the first broken inputs are shown.
  const order = new InOrder<Finding>(true, ({ index, count, error }) => {
    if (error !== undefined) found(index, error);
    source.settle(index, count);
    return undefined;
  });
  const found = (index: number, error: unknown) => {
    const origin = source.places.originOf(index);
    broken++;
    failures.add(origin, error);
    const hint = index === 0 ? hintFor(origin.line, error, options) : undefined;
    if (hint) printLine(`polyloop: ${hint}`);
  };
  const pump = new LinePump({
    executor,
    task: () => undefined,
    source,
    options: { encoding: { input: input.format.encoding, output: "text" } },
    sink: {
      succeeded: (index, _micros, { length }) =>
        order.add(index, { index, count: length, error: undefined }, length),
      settled: (index, { ok, value }) => order.add(index, { index, count: 1, error: ok ? undefined : value }),
    },
  });
  await pump.run();
  failures.finish("");
  if (source.failure) {
    throw new UserError(`Cannot read ${source.reader.name}: ${systemReason(source.failure)}`);
  }
  if (broken > 0) {
    throw new UserError(
      `${plural(broken, `broken ${input.format.unit}`)} among ${
        plural(source.pulled, "input")
      } in ${input.name}`,
    );
  }
  say(`${countText(source, options)} in ${input.name}${FINDING[options.from]}`);
  say(
    `results would go to ${options.output === "-" ? "stdout" : options.output}; nothing was run or written`,
  );
  return ExitCode.ok;
}

/** `12 inputs`, or `2 of 12 inputs (--shard 1/5)` if a flag selects some. */
function countText({ pulled, reader: { seen } }: LineSource, { shard, sample }: RunOptions): string {
  const flags = [shard && `--shard ${shard.part}/${shard.of}`, sample && `--sample ${sample}`].filter(
    Boolean,
  );
  if (flags.length === 0) return plural(pulled, "input");
  return `${formatCount(pulled)} of ${plural(seen, "input")} (${flags.join(", ")})`;
}

function sayTarget({ name, task }: ModuleReference, names: string[]): void {
  if (name === "-e") return say("-e is a function");
  const others = names.filter((known) => known !== task);
  say(`${name} exports ${task}${others.length > 0 ? ` (and ${others.join(", ")})` : ""}`);
}

function say(text: string): void {
  printLine(`ok: ${text}`);
}
