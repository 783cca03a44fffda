/**
 * Observes signals in a separate thread, and ends the process if the main thread is blocked. A task with `--isolation
 * none`, or a stderr that no program reads, can block the main thread for ever. Then its signal handlers are not
 * called.
 */

import process from "node:process";
import { notice, visibleLine } from "../progress/visible.ts";
import { ExitCode } from "../run/exit_code.ts";
import { LEAVE, press } from "./presses.ts";
import { Done, type ObserverInit, type Received, STOP_SIGNALS, type StopSignal } from "./protocol.ts";

/**
 * How long the main thread may take to answer before it counts as blocked, in milliseconds. A guess: with less, a short
 * computation would be interrupted; with more, the third signal would not exit at once.
 */
const ANSWER_TIME = 500;

/** How long the main thread may take to exit, in milliseconds. It writes reports first. A guess. */
const LEAVE_TIME = 3_000;

interface Means {
  /** Calls `handler` on each signal until the function that it returns is called. */
  listen(name: StopSignal, handler: () => void): () => void;
  tell(received: Received): void;
  /** Writes to stderr without blocking the thread. */
  print(text: string): Promise<unknown>;
  /** Interrupts the main thread, so that it can exit by itself. */
  interrupt?(): void;
  exit?(code: number): void;
}

/** Tells the main thread of each signal. At the last step, exits if the main thread does not. */
export function observe(means: Means, { presses, first, restore, words, done }: ObserverInit): void {
  const main = new Int32Array(done);
  let told = 0;
  let saidBusy = false;
  let leaving = false;
  const unlisten = STOP_SIGNALS.map((name) => means.listen(name, () => void received(name)));

  async function received(name: StopSignal): Promise<void> {
    first ??= name;
    const at = performance.timeOrigin + performance.now();
    const step = press(presses, at);
    told++;
    means.tell({ name, at });
    if (step === undefined || leaving) return;
    leaving = step >= LEAVE;
    await pause(ANSWER_TIME);
    if (leaving) return await leave(first);
    if (isBlocked()) await sayBusy(name, LEAVE - step);
  }

  function isBlocked(): boolean {
    return Atomics.load(main, Done.signals) < told;
  }

  function isAtLastStep(): boolean {
    return Atomics.load(main, Done.step) >= LEAVE;
  }

  async function sayBusy(name: StopSignal, more: number): Promise<void> {
    if (saidBusy || leaving || words.busy === undefined) return;
    saidBusy = true;
    const key = name === "SIGINT" ? "Ctrl-C" : name;
    await print(`${words.busy}; ${key} ${more === 1 ? "once" : "twice"} more exits at once`);
  }

  async function leave(name: StopSignal): Promise<void> {
    if (isBlocked() && means.interrupt) {
      means.interrupt();
      await pause(ANSWER_TIME);
    }
    if (isAtLastStep()) await pause(LEAVE_TIME);
    const resume = words.resume === undefined ? "" : `; to go on: ${words.resume}`;
    await print(`exited at once: the main thread was blocked${resume}`, restore);
    means.exit?.(ExitCode[name]);
    // Without listeners, the signal ends the process. A shell reports the same exit code for this.
    unlisten.forEach((stop) => stop());
    process.kill(process.pid, name);
    await pause(ANSWER_TIME);
    // The task has its own listener.
    process.kill(process.pid, "SIGKILL");
  }

  async function print(message: string, before = ""): Promise<void> {
    await printAtMost(means, `${before}${visibleLine(notice(message, { json: words.json }))}\n`);
  }
}

/** Prints with a time limit, because a stderr without a reader may be the reason why the main thread is blocked. */
async function printAtMost(means: Means, text: string): Promise<void> {
  await Promise.race([means.print(text).catch(() => {}), pause(ANSWER_TIME)]);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
