/**
 * The run itself: input → `Executor.map` → output. It counts, writes and decides when to stop; what
 * is in the lines is the workers' business.
 *
 * @module
 */

import process from "node:process";
import { ModuleLoadError } from "../../errors.ts";
import type { Executor } from "../../executor/executor.ts";
import type { MapOutcome } from "../../executor/types.ts";
import type { ErrorText } from "../error_text.ts";
import { ExitCode } from "../exit_code.ts";
import type { InputFile } from "../input/input_file.ts";
import { LineSource } from "../input/line_source.ts";
import type { ModuleReference } from "../module_reference.ts";
import type { RunOptions } from "../options.ts";
import type { OutputFiles } from "../output/output_files.ts";
import { failedInput, failureEnvelope, successEnvelope } from "../output/record.ts";
import { TextWriter } from "../output/text_writer.ts";
import { Failures } from "../progress/failures.ts";
import { plural } from "../progress/format.ts";
import { startProgress } from "../progress/progress.ts";
import { summaryLine } from "../progress/summary.ts";
import { Tally } from "../progress/tally.ts";
import { watchSignals } from "../signals.ts";
import { systemReason } from "../user_error.ts";
import { guardThread } from "./guard_thread.ts";
import { loadFailure } from "./load_task.ts";

/** What was checked and opened. */
interface Opened {
  options: RunOptions;
  reference: ModuleReference;
  text: ErrorText;
  input: InputFile;
  files: OutputFiles;
}

/** So far may results in order be ahead of a slow one, at least; how much text that may be has a limit of its own. */
const LEAST_WINDOW = 1_024;

/** How long `teardown` may take once a run was aborted, beyond the grace period, in milliseconds. */
const TEARDOWN_TIME = 5_000;

/** Runs every input, and says on stderr what became of them. */
export async function runInputs(executor: Executor, opened: Opened): Promise<ExitCode> {
  const { options, reference, text, input, files } = opened;
  const workers = options.workers ?? navigator.hardwareConcurrency;
  const source = new LineSource(input, { skipBlank: options.from === "jsonl" });
  const tally = new Tally(source, { size: input.size, workers });
  const progress = startProgress({ mode: options.progress, toStdout: options.output === "-" }, tally);
  const failures = new Failures(progress.line);
  if (options.input === "-" && process.stdin.isTTY) {
    progress.line("polyloop: reading inputs from the terminal, one per line (Ctrl-D ends them)");
  }
  const drain = new AbortController();
  const abort = new AbortController();
  /** Why the run cannot go on; a closed stdout is a reason without words. */
  let trouble: { line: string | undefined } | undefined;

  const giveUp = (line: string | undefined) => {
    trouble ??= { line };
    abort.abort();
  };
  const cannotWrite = (name: string) => (error: NodeJS.ErrnoException) =>
    giveUp(error.code === "EPIPE" ? undefined : `Cannot write to ${name}: ${systemReason(error)}`);
  const results = new TextWriter(
    files.results,
    cannotWrite(options.output === "-" ? "stdout" : options.output),
  );
  const failed = files.errors === undefined
    ? undefined
    : new TextWriter(files.errors, cannotWrite(options.errors ?? ""));
  const guard = options.isolation === "none" ? guardThread(giveUp, text) : undefined;
  const signals = watchSignals({
    drain() {
      drain.abort();
      const { inFlight } = executor.stats();
      const still = `; ${plural(inFlight, "task")} still ${inFlight === 1 ? "runs" : "run"}`;
      const again = ` (the same signal again aborts ${inFlight === 1 ? "it" : "them"})`;
      progress.line(`polyloop: stopping${inFlight === 0 ? "" : still + again}`);
    },
    abort() {
      abort.abort();
      progress.line("polyloop: aborting what runs (the same signal again leaves at once)");
    },
    leave(code) {
      progress.stop();
      guard?.stop();
      process.exit(code);
    },
  });

  const outcomes = executor.map(reference.task, source, {
    settled: true,
    ordered: !options.unordered,
    window: Math.max(LEAST_WINDOW, 4 * workers * (options.concurrency ?? 16)),
    signal: abort.signal,
    drain: drain.signal,
    encoding: {
      input: options.from === "jsonl" ? "json" : "text",
      output: options.to === "jsonl" || options.envelope ? "json" : "text",
    },
  }) as AsyncIterable<MapOutcome<string>>;
  try {
    for await (const outcome of outcomes) {
      const full = outcome.status === "fulfilled" ? succeeded(outcome) : fail(outcome);
      if (full) await full;
    }
  } catch (error) {
    if (!abort.signal.aborted) giveUp(`The run cannot go on: ${text.line(error)}`);
  }
  if (source.failure) giveUp(`Cannot read ${input.name}: ${systemReason(source.failure)}`);
  await results.flush();
  await failed?.flush();
  await closeExecutor();
  progress.stop();
  signals.stop();
  guard?.stop();
  return finish();

  function succeeded(outcome: MapOutcome<string> & { status: "fulfilled" }): Promise<void> | undefined {
    source.settle(outcome.index);
    tally.ok++;
    tally.taskTime += outcome.ms;
    return results.line(options.envelope ? successEnvelope(outcome, outcome.value) : outcome.value);
  }

  function fail(outcome: MapOutcome<string> & { status: "rejected" }): Promise<unknown> | undefined {
    const { reason, index } = outcome;
    const origin = source.originOf(index);
    source.settle(index);
    if (abort.signal.aborted && reason === abort.signal.reason) {
      tally.stopped++;
      return;
    }
    if (reason instanceof ModuleLoadError && outcome.ms === 0) {
      // No worker can be had any more: every other input would fail of the same.
      return void giveUp(loadFailure(reason, reference.name, text));
    }
    tally.failed++;
    tally.taskTime += outcome.ms;
    failures.add(origin.number, () => text.line(reason));
    if (!options.envelope && !failed) return;
    const error = text.record(reason);
    const full = [
      options.envelope ? results.line(failureEnvelope(outcome, error)) : undefined,
      failed?.line(failedInput(outcome, origin, { error, json: options.from === "jsonl" })),
    ];
    return full[0] || full[1] ? Promise.all(full) : undefined;
  }

  async function closeExecutor(): Promise<void> {
    // A closed stdout: nobody is interested any more, so nobody waits for what still runs.
    if (trouble) return void executor.terminate();
    const aborted = abort.signal.aborted;
    const stopWaiting = () => void executor.terminate();
    if (!aborted) abort.signal.addEventListener("abort", stopWaiting);
    try {
      await executor.close(aborted ? { timeout: (options.grace ?? 5_000) + TEARDOWN_TIME } : {});
    } catch (error) {
      progress.line(`polyloop: teardown() of ${reference.name} failed: ${text.line(error)}`);
    }
  }

  function finish(): ExitCode {
    failures.finish(options.errors ? `all are in ${options.errors}` : "--errors FILE keeps them all");
    if (trouble?.line !== undefined) progress.line(`polyloop: ${trouble.line}`);
    const quiet = trouble !== undefined && trouble.line === undefined;
    if (options.progress !== "none" && !quiet) progress.line(summaryLine(tally));
    if (signals.code !== undefined) return signals.code;
    if (trouble || tally.left > 0 || tally.unread) return ExitCode.incomplete;
    return tally.failed > 0 ? ExitCode.failures : ExitCode.ok;
  }
}
