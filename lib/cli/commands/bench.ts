/**
 * `polyloop bench`: which `-j` and `-c` suit a task, tried out on a sample of its inputs.
 *
 * @module
 */

import { markAlwaysFailing } from "../bench/always_failing.ts";
import {
  affordable,
  callsFor,
  combinations,
  contenders,
  isHighest,
  isHopeless,
  recommended,
  smallestTwo,
} from "../bench/grid.ts";
import { type Combination, measure, type Measured, ROUNDS, together, tryOne } from "../bench/measure.ts";
import { readSample, type Sample } from "../bench/sample.ts";
import { formatRate, table } from "../bench/table.ts";
import { type Effective, refuseEmptyPipe } from "../config/effective.ts";
import { ExitCode } from "../run/exit_code.ts";
import type { BenchOptions } from "../flags/options.ts";
import { formatCount, formatRatio, formatTime, plural } from "../progress/format.ts";
import { draw, isTerminal, printLine, printText } from "../progress/terminal.ts";
import { visibleLine } from "../progress/visible.ts";
import { UserError } from "../user_error.ts";
import { sayTexts } from "../run/open_files.ts";
import { executorFor, prepare, type Prepared } from "../run/prepare.ts";

/** By how much the first task, and the first combination, may be over the time: without them there is nothing to say. */
const PATIENCE = 5;

/** The part of the time, and of the calls, in which each combination is measured once. A guess: the best are measured again in the rest. */
const FIRST_PART = 0.7;

/** Measures combinations of `-j` and `-c` within the time, and prints the best one. */
export async function bench(
  { options, origins }: Effective,
  { for: time, sample: most, calls = Infinity, json }: BenchOptions,
): Promise<ExitCode> {
  if (options.batch !== undefined) {
    throw new UserError(
      "bench: a task that takes batches cannot be tried (--no-config leaves the config's batch out)",
    );
  }
  const every = combinations(navigator.hardwareConcurrency, options.isolation);
  const attempts = 1 + options.retries;
  const all = affordable(every, (calls / attempts - 1) * FIRST_PART);
  if (all.length < 2) {
    throw new UserError(
      `--calls ${calls} is too few: to compare two combinations, bench needs at least ${
        callsOf(smallestTwo(every), attempts)
      }`,
    );
  }
  const prepared = await prepare({ ...options, workers: 1, concurrency: 1, memory: undefined });
  const { input } = prepared;
  await refuseEmptyPipe(origins, input);
  if (!json) await sayTexts(origins, prepared);
  const sample = await readSample(input, most);
  input.close();
  // Programs that read JSON have read this page, too.
  if (!json) sayCalls(prepared, sample, { time, calls });
  const found = await tryAll(all, prepared, sample, { time, calls });
  const always = markAlwaysFailing(found);
  const best = recommended(found);
  const report = { ...prepared, every, all, found, best, sample, time, always };
  printText(json ? asJson(report) : asText(report));
  return best ? ExitCode.ok : ExitCode.failures;
}

/** What a bench may cost: its calls are real. */
interface Limits {
  time: number;
  calls: number;
}

/** How many calls a bench of these combinations makes, with the first one that shows how long a task takes. */
function callsOf(all: Combination[], attempts: number): number {
  return attempts * (1 + Math.ceil(callsFor(all) / FIRST_PART));
}

function sayCalls({ options, reference }: Prepared, { lines }: Sample, { time, calls }: Limits): void {
  const most = calls === Infinity ? "as many as possible" : `at most ${formatCount(calls)}`;
  const rate = options.rate ? ", limited by --rate" : "";
  const bounds = [calls === Infinity && "--calls N", !options.rate && "--rate 10/s"].filter(Boolean);
  const how = bounds.length > 0 ? `. To limit them: ${bounds.join(", ")}` : "";
  printLine(
    `polyloop: bench makes real calls of ${targetOf(reference)}: ${most} in ${formatTime(time)}, ` +
      `over ${plural(lines.length, "input")} repeatedly${rate}${how}`,
  );
}

async function tryAll(
  all: Combination[],
  { options, reference, input, executor: first }: Prepared,
  { lines }: Sample,
  { time, calls }: Limits,
): Promise<Measured[]> {
  const encoding = { input: input.format.encoding, output: "json" } as const;
  const init = { task: reference.task, inputs: lines, options: { encoding } };
  const attempts = 1 + options.retries;
  const begunAt = performance.now();
  const taskTime = await tryOne(first, { ...init, most: 1 }, PATIENCE * time);
  let callsLeft = (calls - attempts) * FIRST_PART;
  const found: Measured[] = [];
  let startTime = 0;
  const end = begunAt + time;
  let shared = begunAt + FIRST_PART * time;
  for (const [at, one] of all.entries()) {
    if (isHopeless(one, found)) continue;
    const measured = await tryIt(one, all.length - at);
    if (measured === undefined) break;
    if (measured.tasks > 0) found.push({ ...one, ...measured });
  }
  // The best are measured again, in the other order: what else the machine did meanwhile should decide nothing.
  markAlwaysFailing(found);
  shared = end;
  callsLeft += (calls - attempts) * (1 - FIRST_PART);
  const again = affordable(contenders(found), callsLeft / attempts);
  for (const [at, one] of again.entries()) {
    const measured = await tryIt(one, again.length - at);
    if (measured === undefined) break;
    if (measured.tasks > 0) found[found.indexOf(one)] = together(one, measured);
  }
  if (isTerminal()) draw("stderr", "\r\x1b[K");
  return found;

  /** Measures one in its share of what is left for `toCome`; nothing if that is not enough. */
  async function tryIt(
    one: Combination,
    toCome: number,
  ): Promise<Omit<Measured, keyof Combination> | undefined> {
    const left = end - performance.now() - startTime;
    // The first one is tried in any case.
    if (found.length > 0 && left < taskTime) return undefined;
    const most = Math.floor(callsLeft / toCome / attempts);
    if (isTerminal()) draw("stderr", `\r\x1b[Ktrying -j ${one.workers} -c ${one.concurrency}`);
    // Each has a timetable of its own: the last start of the one before counts as well.
    for (const { tasks, perMs } of [options.rate ?? []].flat()) await pause(perMs / tasks);
    const { workers, concurrency } = one;
    const executor = executorFor(reference, { ...options, workers, concurrency, memory: undefined });
    const begun = performance.now();
    await executor.ready();
    startTime = performance.now() - begun;
    const share = (shared - performance.now()) / toCome - startTime;
    const soft = Math.max(50, Math.min(left, Math.max(share, ROUNDS * taskTime)));
    const hard = found.length > 0 ? left : Math.max(left, PATIENCE * taskTime);
    const measured = await measure(executor, { ...init, most }, { soft, hard });
    // Those that were under way as the time was over have begun, too.
    callsLeft -= attempts * Math.min(most, measured.tasks + workers * concurrency);
    return measured;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

interface Report extends Prepared {
  every: Combination[];
  /** Those for which there are calls enough. */
  all: Combination[];
  found: Measured[];
  best: Measured | undefined;
  sample: Sample;
  time: number;
  /** How many inputs failed with every combination. */
  always: number;
}

function asText(report: Report): string {
  const { options, reference, input, text, every, all, found, best, sample, time, always } = report;
  const { lines, whole } = sample;
  const which = lines.length === 1
    ? `the ${whole ? "only" : "first"} input`
    : `${whole ? "all" : "the first"} ${formatCount(lines.length)} inputs`;
  const where =
    { thread: "threads", process: "processes", none: "this thread" }[options.isolation ?? "thread"];
  const target = targetOf(reference);
  const out = [
    `${visibleLine(`${target} on ${which} of ${input.name}`)}, repeated for ${formatTime(time)}`,
    `tasks per second (${where}, ${plural(navigator.hardwareConcurrency, "core")}):`,
    "",
    table(every, found, best),
  ];
  const failed = found.filter(({ failed }) => failed > 0).sort((one, other) =>
    other.failed / other.tasks - one.failed / one.tasks
  );
  if (failed.length > 0) {
    const [{ workers, concurrency, failed: count, tasks, error }] = failed;
    const share = Math.max(1, Math.round(count / tasks * 100));
    out.push(`!: tasks failed; ${share}% with -j ${workers} -c ${concurrency}: ${text.line(error)}`);
  }
  if (always > 0) {
    const those = always === 1 ? "1 input failed" : `${formatCount(always)} inputs failed`;
    out.push(
      `${those} with every combination, and ${always === 1 ? "is" : "are"} left out of the comparison`,
    );
  }
  if (every.length > all.length) {
    out.push(
      `${plural(every.length - all.length, "combination")} had too few calls: give more by --calls ${
        callsOf(every, 1 + options.retries)
      }`,
    );
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
  return out.join("\n") + conclusion(found, best) + caveats(best, report);
}

function targetOf({ name, task }: Prepared["reference"]): string {
  return name === "-e" ? "-e" : `${name}#${task}`;
}

/** What a reader should know of a recommendation. */
function caveats(best: Measured | undefined, { found, sample: { lines, whole } }: Report): string {
  if (!best) return "";
  const said = [];
  if (isHighest(best, found)) {
    const { workers, concurrency } = best;
    said.push(
      `-c ${concurrency} is the highest that was tried with -j ${workers}, and more may be faster. ` +
        `Try -c ${4 * concurrency} or -c auto`,
    );
  }
  if (lines.length < best.workers * best.concurrency) {
    const few = whole ? "more inputs" : "a larger --sample";
    said.push(`${plural(lines.length, "input")} ran many times over; ${few} may give another result`);
  }
  return said.map((line) => `${line}\n`).join("");
}

function conclusion(found: Measured[], best: Measured | undefined): string {
  if (found.length === 0) return "\nno task ended in this time\n";
  if (!best) return "\nnothing to recommend: every task failed\n";
  const one = found.find(({ workers, concurrency }) => workers === 1 && concurrency === 1);
  const times = one && one !== best ? `, ${formatRatio(best.rate / one.rate)} one at a time` : "";
  return `\nrecommended: -j ${best.workers} -c ${best.concurrency}  (${formatRate(best.rate)}/s${times})\n`;
}

function asJson({ found, best, sample, input, time, always }: Report): string {
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
      calls: found.reduce((sum, { tasks }) => sum + tasks, 0),
      alwaysFailing: always,
      mayBeHigher: best !== undefined && isHighest(best, found),
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
