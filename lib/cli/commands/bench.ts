/**
 * `polyloop bench`: which `-j` and `-c` suit a task, tried out on a sample of its inputs.
 *
 * @module
 */

import { combinations, isHopeless, recommended } from "../bench/grid.ts";
import { type Combination, measure, type Measured, ROUNDS, tryOne } from "../bench/measure.ts";
import { readSample, type Sample } from "../bench/sample.ts";
import { formatRate, table } from "../bench/table.ts";
import { type Effective, refuseEmptyPipe } from "../config/effective.ts";
import { ExitCode } from "../exit_code.ts";
import type { BenchOptions } from "../options.ts";
import { formatCount, formatRatio, formatTime, plural } from "../progress/format.ts";
import { draw, isTerminal, printText } from "../progress/terminal.ts";
import { visibleLine } from "../progress/visible.ts";
import { UserError } from "../user_error.ts";
import { executorFor, prepare, type Prepared } from "./run.ts";

/** By how much the first task, and the first combination, may be over the time: without them there is nothing to say. */
const PATIENCE = 5;

/** Tries them within the time, and says which is best. */
export async function bench(
  { options, origins }: Effective,
  { for: time, sample: most, json }: BenchOptions,
): Promise<ExitCode> {
  if (options.batch !== undefined) {
    throw new UserError(
      "bench: a task that takes batches cannot be tried (--no-config leaves the config's batch out)",
    );
  }
  const prepared = await prepare({ ...options, workers: 1, concurrency: 1, retries: 0, memory: undefined });
  const { input } = prepared;
  await refuseEmptyPipe(origins, input);
  const sample = await readSample(input, most);
  input.close();
  const all = combinations(navigator.hardwareConcurrency, options.isolation);
  const found = await tryAll(all, prepared, sample, time);
  const best = recommended(found);
  const report = { ...prepared, all, found, best, sample, time };
  printText(json ? asJson(report) : asText(report));
  return best ? ExitCode.ok : ExitCode.failures;
}

async function tryAll(
  all: Combination[],
  { options, reference, input, executor: first }: Prepared,
  { lines }: Sample,
  time: number,
): Promise<Measured[]> {
  const encoding = { input: input.format.encoding, output: "json" } as const;
  const init = { task: reference.task, inputs: lines, options: { encoding } };
  const end = performance.now() + time;
  const taskTime = await tryOne(first, init, PATIENCE * time);
  const found: Measured[] = [];
  let startTime = 0;
  for (const [at, one] of all.entries()) {
    if (isHopeless(one, found)) continue;
    const left = end - performance.now() - startTime;
    // The first one is tried in any case.
    if (found.length > 0 && left < taskTime) break;
    if (isTerminal()) draw("stderr", `\r\x1b[Ktrying -j ${one.workers} -c ${one.concurrency}`);
    const executor = executorFor(reference, { ...options, ...one, retries: 0, memory: undefined });
    const begun = performance.now();
    await executor.ready();
    startTime = performance.now() - begun;
    const share = left / (all.length - at) - startTime;
    const soft = Math.max(50, Math.min(left, Math.max(share, ROUNDS * taskTime)));
    const hard = found.length > 0 ? left : Math.max(left, PATIENCE * taskTime);
    const measured = { ...one, ...await measure(executor, init, { soft, hard }) };
    if (measured.tasks > 0) found.push(measured);
  }
  if (isTerminal()) draw("stderr", "\r\x1b[K");
  return found;
}

interface Report extends Prepared {
  all: Combination[];
  found: Measured[];
  best: Measured | undefined;
  sample: Sample;
  time: number;
}

function asText({ options, reference, input, text, all, found, best, sample, time }: Report): string {
  const { lines, whole } = sample;
  const which = whole ? `all ${plural(lines.length, "input")}` : `the first ${plural(lines.length, "input")}`;
  const where =
    { thread: "threads", process: "processes", none: "this thread" }[options.isolation ?? "thread"];
  const target = reference.name === "-e" ? "-e" : `${reference.name}#${reference.task}`;
  const out = [
    `${visibleLine(`${target} on ${which} of ${input.name}`)}, again and again for ${formatTime(time)}`,
    `tasks per second (${where}, ${plural(navigator.hardwareConcurrency, "core")}):`,
    "",
    table(all, found, best),
  ];
  const failed = found.filter(({ failed }) => failed > 0).sort((one, other) =>
    other.failed / other.tasks - one.failed / one.tasks
  );
  if (failed.length > 0) {
    const [{ workers, concurrency, failed: count, tasks, error }] = failed;
    const share = Math.max(1, Math.round(count / tasks * 100));
    out.push(`!: tasks failed; ${share}% with -j ${workers} -c ${concurrency}: ${text.line(error)}`);
  }
  const untried = all.length - found.length;
  if (untried > 0) {
    const hopeless = all.filter((one) =>
      !found.some((other) => isSame(one, other)) && isHopeless(one, found)
    ).length;
    if (untried > hopeless) {
      out.push(
        `${plural(untried - hopeless, "combination")} had no time: give more by --for ${formatFor(2 * time)}`,
      );
    }
  }
  return out.join("\n") + conclusion(found, best);
}

function conclusion(found: Measured[], best: Measured | undefined): string {
  if (found.length === 0) return "\nno task ended in this time\n";
  if (!best) return "\nnothing to recommend: every task failed\n";
  const one = found.find(({ workers, concurrency }) => workers === 1 && concurrency === 1);
  const times = one && one !== best ? `, ${formatRatio(best.rate / one.rate)} one at a time` : "";
  return `\nrecommended: -j ${best.workers} -c ${best.concurrency}  (${formatRate(best.rate)}/s${times})\n`;
}

function asJson({ found, best, sample, input, time }: Report): string {
  const plain = ({ workers, concurrency, rate, tasks, failed }: Measured) => {
    return { workers, concurrency, rate: Math.round(rate * 1_000) / 1_000, tasks, failed };
  };
  const { lines, whole } = sample;
  return JSON.stringify(
    {
      recommended: best ? { workers: best.workers, concurrency: best.concurrency } : null,
      sample: { input: input.name, inputs: lines.length, whole },
      ms: time,
      measured: found.map(plain),
    },
    null,
    2,
  ) + "\n";
}

function isSame(one: Combination, other: Combination): boolean {
  return one.workers === other.workers && one.concurrency === other.concurrency;
}

/** `20s`, as the flag is written. */
function formatFor(ms: number): string {
  return ms % 1_000 === 0 ? `${formatCount(ms / 1_000).replaceAll(",", "")}s` : `${ms}ms`;
}
