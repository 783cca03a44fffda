/** `polyloop bench`: measures which `-j` and `-c` suit a task, on a sample of its inputs. */

import { affordable, combinations, markAlwaysFailing, recommended, smallestTwo } from "../bench/grid.ts";
import { asJson, asText } from "../bench/report.ts";
import { readSample, type Sample } from "../bench/sample.ts";
import { callsOf, firstPartOf, type Limits, Trials } from "../bench/trials.ts";
import { type Effective, refuseEmptyPipe } from "../config/with_config.ts";
import type { BenchOptions } from "../flags/options.ts";
import { formatCount, formatTime, plural } from "../progress/format.ts";
import { printLine, printText } from "../progress/terminal.ts";
import { ExitCode } from "../run/exit_code.ts";
import { sayTexts } from "../run/open_files.ts";
import { prepare, type Prepared } from "../run/prepare.ts";
import { targetName } from "../task/module_reference.ts";
import { UserError } from "../user_error.ts";

/**
 * Measures combinations of `-j` and `-c`, and prints the best one.
 *
 * @throws {UserError} if the user has made a mistake. No task has been called then
 */
export async function bench(
  { options, origins }: Effective,
  { for: time, benchSample: most, calls = Infinity, json }: BenchOptions,
): Promise<ExitCode> {
  if (options.batch !== undefined) {
    throw new UserError(
      "bench: a task that takes batches cannot be measured: use --no-config to ignore the config's batch",
    );
  }
  const every = combinations(navigator.hardwareConcurrency, options.isolation);
  const attempts = 1 + options.retries;
  const all = affordable(every, firstPartOf(calls, attempts));
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
  // With --json, the reader is a program whose author knows that bench makes real calls.
  if (!json) sayCalls(prepared, sample, { time, calls });
  const found = await new Trials(prepared, sample, { time, calls }).run(all, json ? () => {} : printLine);
  const always = markAlwaysFailing(found);
  const best = recommended(found);
  const report = { ...prepared, every, all, found, best, sample, time, always };
  printText(json ? asJson(report) : asText(report));
  return best ? ExitCode.ok : ExitCode.failures;
}

function sayCalls({ options, reference }: Prepared, { lines }: Sample, { time, calls }: Limits): void {
  const most = calls === Infinity ? "as many as possible" : `at most ${formatCount(calls)}`;
  const rate = options.rate ? ", limited by --rate" : "";
  const bounds = [calls === Infinity && "--calls N", !options.rate && "--rate 10/s"].filter(Boolean);
  const how = bounds.length > 0 ? `. To limit them: ${bounds.join(", ")}` : "";
  printLine(
    `polyloop: bench makes real calls of ${targetName(reference)}: ${most} in ${formatTime(time)}, ` +
      `over ${plural(lines.length, "input")} repeatedly${rate}${how}`,
  );
}
