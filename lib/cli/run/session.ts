/**
 * One run over all inputs, from the first to the exit code.
 *
 * ```
 * LineSource → LinePump → Host ⇄ workers
 *                           │
 *                        Outcomes ──→ OutcomeWriter → files
 *                           │  └────→ Tally, Keeper (journal), Recorder (reports), Failures
 *                        Stopping ──→ Closing ──→ exit code, reports, summary
 * ```
 *
 * The main thread moves lines and counts outcomes. Workers read the lines' content.
 */

import { systemReason } from "../user_error.ts";
import { leaveAtOnce, sumUp } from "./closing.ts";
import type { ExitCode } from "./exit_code.ts";
import type { Host } from "./host.ts";
import type { Opened } from "./open_files.ts";
import { Parts } from "./parts.ts";

/** How long `teardown` may take after an abort, beyond the grace period, in milliseconds. A guess. */
const TEARDOWN_TIME = 5_000;

/** How long tasks may take to end after an abort, in milliseconds, if `--grace` says nothing else. */
const GRACE = 5_000;

export async function runSession(host: Host, opened: Opened): Promise<ExitCode> {
  const parts = await Parts.assemble(host, opened, leaveAtOnce);
  const { progress, taskLines, clock, stopping, guard, unwatch, keeper } = parts;
  await stopping.ready;
  await runInputs(parts);
  await finishOutput(parts);
  const unclaimed = keeper?.finish({ complete: hasRunAll(parts), forget: opened.forget ?? false });
  await closeHost(parts);
  taskLines?.finish();
  progress.stop();
  clock.stop();
  stopping.end();
  unwatch();
  guard?.stop();
  return sumUp(parts, unclaimed);
}

async function runInputs({ source, stopping, pump, text }: Parts): Promise<void> {
  try {
    await pump.run();
  } catch (error) {
    if (!stopping.abort.aborted) stopping.giveUp(`The run cannot go on: ${text.line(error)}`);
  }
  if (source.failure) stopping.giveUp(`Cannot read ${source.reader.name}: ${systemReason(source.failure)}`);
}

async function finishOutput(parts: Parts): Promise<void> {
  const { writer, stopping, tally, files } = parts;
  await writer.finish();
  for (const path of files.deleted()) {
    stopping.giveUp(`${path} was deleted while the run wrote to it, so its content is lost`);
  }
  if (hasRunAll(parts)) stopping.countFailures(tally, { atEnd: true });
}

function hasRunAll({ stopping, tally }: Parts): boolean {
  return !stopping.trouble && tally.left === 0;
}

async function closeHost(
  { host, stopping: { trouble, abort }, options: { grace = GRACE } }: Parts,
): Promise<void> {
  // Running tasks are not waited for: if stdout is closed, for example, their results have no reader.
  if (trouble) return void host.terminate();
  const { aborted } = abort;
  if (!aborted) abort.addEventListener("abort", () => void host.terminate());
  await host.close(aborted ? { timeout: grace + TEARDOWN_TIME } : {});
}
