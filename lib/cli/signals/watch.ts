/**
 * Stops a run in three steps, for Ctrl-C and SIGTERM alike: finish running tasks, abort them, exit. SIGHUP, when the
 * terminal closes, is only the first step.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import process from "node:process";
import { ExitCode } from "../run/exit_code.ts";
import { LEAVE, noPresses, press } from "./presses.ts";
import { Done, type Received, STOP_SIGNALS, type StopSignal, type Words } from "./protocol.ts";
import { type ObserverThread, startObserver } from "./thread.ts";

/** Of `nohup polyloop …` nothing is to stop when the terminal goes. Asked at once: a worker or a handler undoes it. */
const IGNORED = ignoresHangUp();

/**
 * When the observing thread is started where nothing is expected to block the main thread, in milliseconds: it costs 30
 * (Deno) to 40 ms (Node) of CPU time, which a short run need not pay. A signal or a line to print starts it at once. Sooner
 * where a terminal has a live line, which the terminal may hold up.
 */
const OBSERVER_DELAY = 5_000;
const OBSERVER_DELAY_ON_TERMINAL = 1_000;

/** What each step does. */
export interface Steps {
  /** First signal: start nothing more. `moreToCome` says whether the same again would do more. */
  drain(moreToCome: boolean): void;
  /** Second: abort what runs. */
  abort(): void;
  /** Third: leave at once. */
  leave(code: ExitCode): void;
}

/** For where the main thread is blocked at the last step. */
export interface LastResort {
  /** Whether the main thread may be blocked from the start: by tasks that run in it, or by what it writes. */
  mayBlock: boolean;
  words: Words;
  /** What gives a terminal back, or nothing. */
  restore: string;
}

/** Signals under watch. */
export interface SignalWatch {
  /** The first signal that came. */
  readonly first: StopSignal | undefined;
  /** Resolves once a blocked main thread keeps no signal from its effect, as far as the runtime can. */
  readonly ready: Promise<void>;
  /** Called before something is printed that nobody may read: that blocks the main thread. */
  beforePrinting(): void;
  /** Gives the signals their usual meaning again. */
  stop(): void;
}

/** Takes over both signals until `stop()`. */
export function watchSignals(steps: Steps, lastResort?: LastResort): SignalWatch {
  const presses = { SIGINT: noPresses(), SIGTERM: noPresses() };
  const done = new Int32Array(new SharedArrayBuffer(8));
  let first: StopSignal | undefined;
  let observer: ObserverThread | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let hungUp = false;
  const handlers = STOP_SIGNALS.map((name) =>
    [name, () => take({ name, at: performance.timeOrigin + performance.now() })] as const
  );
  for (const [name, handler] of handlers) process.on(name, handler);
  const onHangUp = () => {
    if (!hungUp && !IGNORED) steps.drain(false);
    hungUp = true;
  };
  process.on("SIGHUP", onHangUp);
  if (lastResort?.mayBlock) startThread();
  else if (lastResort) {
    timer = setTimeout(startThread, lastResort.restore ? OBSERVER_DELAY_ON_TERMINAL : OBSERVER_DELAY);
  }
  return {
    get first() {
      return first;
    },
    get ready() {
      return lastResort?.mayBlock && observer ? observer.ready : Promise.resolve();
    },
    beforePrinting: startThread,
    stop() {
      clearTimeout(timer);
      observer?.stop();
      unlisten();
      process.off("SIGHUP", onHangUp);
    },
  };

  function unlisten(): void {
    for (const [name, handler] of handlers) process.off(name, handler);
  }

  function take({ name, at }: Received): void {
    first ??= name;
    const step = press(presses[name], at);
    if (step === undefined) return;
    Atomics.store(done, Done.step, step);
    // Before anything is printed: that may be what blocks.
    startThread();
    if (step >= LEAVE) return steps.leave(ExitCode[first]);
    if (step === 1) return steps.drain(true);
    steps.abort();
  }

  function startThread(): void {
    if (!lastResort || observer) return;
    clearTimeout(timer);
    const { words, restore } = lastResort;
    observer = startObserver({ presses, first, restore, words, done: done.buffer }, {
      // From now on it alone is told. A signal that both were told of is one press.
      onReady: unlisten,
      onSignal(received) {
        Atomics.add(done, Done.signals, 1);
        take(received);
      },
    });
  }
}

/**
 * Whether this process was started to ignore SIGHUP. Only Linux tells. Node has undone it by now; so has Deno at times, on a
 * busy machine, where it manages a `node_modules` folder as in a checkout.
 */
function ignoresHangUp(): boolean {
  try {
    const ignored = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"));
    // The first bit is the first signal, which SIGHUP is.
    return ignored !== null && (parseInt(ignored[1].slice(-1), 16) & 1) === 1;
  } catch {
    return false;
  }
}
