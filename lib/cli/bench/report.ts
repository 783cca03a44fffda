/** Writes the result of a bench as text or as JSON. */

import { formatCount, formatRatio, formatTime, plural, thousandths } from "../progress/format.ts";
import { visibleLine } from "../progress/visible.ts";
import type { Prepared } from "../run/prepare.ts";
import { targetName } from "../task/module_reference.ts";
import { isHighest, isHopeless } from "./grid.ts";
import type { Combination, Measured } from "./measure.ts";
import type { Sample } from "./sample.ts";
import { callsOf } from "./trials.ts";

interface BenchReport extends Prepared {
  every: Combination[];
  /** The combinations for which the calls are enough. */
  all: Combination[];
  found: Measured[];
  best: Measured | undefined;
  sample: Sample;
  time: number;
  /** Number of inputs that failed with every combination. */
  always: number;
}

export function asText(report: BenchReport): string {
  const { options, reference, input, text, every, all, found, best, sample, time, always } = report;
  const { lines, whole } = sample;
  const which = lines.length === 1
    ? `the ${whole ? "only" : "first"} input`
    : `${whole ? "all" : "the first"} ${formatCount(lines.length)} inputs`;
  const where =
    { thread: "threads", process: "processes", none: "this thread" }[options.isolation ?? "thread"];
  const target = targetName(reference);
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
      `${plural(every.length - all.length, "combination")} had too few calls: give more with --calls ${
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
        `${plural(untried - hopeless, "combination")} had no time: give more with --for ${
          formatFor(2 * time)
        }`,
      );
    }
  }
  return out.join("\n") + conclusion(found, best) + caveats(best, report);
}

function caveats(best: Measured | undefined, { found, sample: { lines, whole } }: BenchReport): string {
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
  return `\nrecommended: -j ${best.workers} -c ${best.concurrency}  (${threeDigits(best.rate)}/s${times})\n`;
}

export function asJson({ found, best, sample, input, time, always }: BenchReport): string {
  const plain = ({ workers, concurrency, rate, tasks, failed }: Measured) => {
    return { workers, concurrency, rate: thousandths(rate), tasks, failed };
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

/** `20s`: a value of `--for`. */
function formatFor(ms: number): string {
  return ms % 1_000 === 0 ? `${formatCount(ms / 1_000).replaceAll(",", "")}s` : `${ms}ms`;
}

const NUMBER = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 3 });

/** `2,280` and `0.33`. Further digits differ between two measures of the same combination. */
export function threeDigits(rate: number): string {
  return NUMBER.format(rate);
}

/** Makes the table. `*`: the best. `!`: tasks failed. `·`: not tried, because it cannot be the best. `–`: no time left. */
export function table(all: Combination[], found: Measured[], best: Measured | undefined): string {
  const columns = [...new Set(all.map(({ concurrency }) => concurrency))];
  const rows = [...new Set(all.map(({ workers }) => workers))].sort((one, other) => one - other);
  const cell = (workers: number, concurrency: number) => {
    const at = found.find((one) => one.workers === workers && one.concurrency === concurrency);
    if (!at) return isHopeless({ workers, concurrency }, found) ? "· " : "– ";
    return threeDigits(at.rate) + (at === best ? "*" : at.failed > 0 ? "!" : " ");
  };
  const lines = [
    ["", ...columns.map((concurrency) => `-c ${concurrency} `)],
    ...rows.map((workers) => [`-j ${workers}`, ...columns.map((concurrency) => cell(workers, concurrency))]),
  ];
  return lines.map(([name, ...cells]) => [name.padEnd(6), ...cells.map((text) => text.padStart(10))].join(""))
    .map((line) => `  ${line.trimEnd()}\n`).join("");
}
