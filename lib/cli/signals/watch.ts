/**
 * Stops a run in three steps, for Ctrl-C and SIGTERM alike: finish running tasks, abort them, exit. SIGHUP, which is
 * sent when the terminal closes, causes only the first step.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import process from "node:process";
import { ExitCode } from "../run/exit_code.ts";
import { LEAVE, noPresses, press } from "./presses.ts";
import { Done, type Received, STOP_SIGNALS, type StopSignal, type Words } from "./protocol.ts";
import { type ObserverThread, startObserver } from "./thread.ts";

/** Whether SIGHUP is ignored, as under `nohup`. Read at once, because a worker or a signal handler changes it. */
const IGNORED = ignoresHangUp();

/**
 * Delay of the observing thread if the main thread is not expected to block, in milliseconds. The thread costs 30 ms
 * (Deno) to 40 ms (Node) of CPU time, which a short run need not pay. A signal or a printed line starts it at once. On
 * a terminal with a live line it starts sooner, because a terminal can block the writer.
 */
const OBSERVER_DELAY = 5_000;
const OBSERVER_DELAY_ON_TERMINAL = 1_000;

/** The three steps, and what each does. */
interface Steps {
  /** First signal: start no more tasks. `moreToCome` says whether a second signal would do more. */
  drain(moreToCome: boolean): void;
  /** Second signal: abort running tasks. */
  abort(): void;
  /** Third signal: exit at once. */
  leave(code: ExitCode): void;
}

/** The actions of the observing thread if the main thread is blocked. */
export interface LastResort {
  /** Whether the main thread may be blocked from the start: by tasks that run in it, or by its output. */
  mayBlock: boolean;
  words: Words;
  /** The text that resets the terminal; may be empty. */
  restore: string;
}

/** Signals under watch. */
export interface SignalWatch {
  /** The first signal that came. */
  readonly first: StopSignal | undefined;
  /** Resolves when signals take effect even while the main thread is blocked, if the runtime supports this. */
  readonly ready: Promise<void>;
  /** Must be called before a line is printed. If stderr is not read, the main thread blocks. */
  beforePrinting(): void;
  /** Gives the signals their usual meaning again. */
  stop(): void;
}

/** Handles the signals until `stop()` is called. */
export function watchSignals(steps: Steps, lastResort?: LastResort): SignalWatch {
  const presses = noPresses();
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
    const step = press(presses, at);
    if (step === undefined) return;
    Atomics.store(done, Done.step, step);
    // Before a line is printed, because printing may block.
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
      // From now on, only the thread listens. A signal that both received counts as one press.
      onReady: unlisten,
      onSignal(received) {
        Atomics.add(done, Done.signals, 1);
        take(received);
      },
    });
  }
}

/**
 * Whether this process was started with SIGHUP ignored. Only Linux reports it. Node has already changed it when this
 * runs. So has Deno sometimes, on a busy machine with a `node_modules` folder that Deno manages.
 */
function ignoresHangUp(): boolean {
  try {
    const ignored = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"));
    // The first bit stands for signal 1, which is SIGHUP.
    return ignored !== null && (parseInt(ignored[1].slice(-1), 16) & 1) === 1;
  } catch {
    return false;
  }
}
