/**
 * Stops a run in three steps, for Ctrl-C and SIGTERM alike: finish running tasks, abort them, exit. SIGHUP, which is
 * sent when the terminal closes, causes only the first step.
 */

import { readFileSync } from "node:fs";
import process from "node:process";
import { isIgnored } from "../stdio/c_library.ts";
import { ExitCode } from "../run/exit_code.ts";
import { watchListens } from "./first_process.ts";
import { LEAVE, noPresses, press } from "./presses.ts";
import { Done, type Received, STOP_SIGNALS, type StopSignal, type Words } from "./protocol.ts";
import { type ObserverThread, startObserver } from "./thread.ts";

const SIGHUP = 1;

/** Whether SIGHUP is ignored, as under `nohup`. Read at once, because a worker or a signal handler changes it. */
const IGNORED = ignoresHangUp();

/** The signals that are listened to, and what each stands for. On Windows, Ctrl-Break is a signal, too. */
const LISTENED: [signal: string, name: StopSignal][] = STOP_SIGNALS.map((name) => [name, name]);
if (process.platform === "win32") LISTENED.push(["SIGBREAK", "SIGINT"]);

/**
 * Delay of the observing thread if the main thread is not expected to block, in milliseconds. The thread costs 30 ms
 * (Deno) to 40 ms (Node) of CPU time, which a short run need not pay. A signal or a printed line starts it at once. On
 * a terminal with a live line it starts sooner, because a terminal can block the writer.
 */
const OBSERVER_DELAY = 5_000;
const OBSERVER_DELAY_ON_TERMINAL = 1_000;

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
  restore: string;
}

/** Handles the signals until {@link SignalWatch.stop} is called. */
export class SignalWatch {
  readonly #steps: Steps;
  readonly #lastResort: LastResort | undefined;
  readonly #presses = noPresses();
  readonly #done = new Int32Array(new SharedArrayBuffer(8));
  readonly #handlers = LISTENED.map(([signal, name]) =>
    [signal, () => this.#take({ name, at: performance.timeOrigin + performance.now() })] as const
  );
  first: StopSignal | undefined;
  #observer: ObserverThread | undefined;
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  #hungUp = false;

  constructor(steps: Steps, lastResort?: LastResort) {
    this.#steps = steps;
    this.#lastResort = lastResort;
    for (const [name, handler] of this.#handlers) process.on(name, handler);
    process.on("SIGHUP", this.#onHangUp);
    watchListens();
    if (lastResort?.mayBlock) this.#startThread();
    else if (lastResort) {
      const delay = lastResort.restore ? OBSERVER_DELAY_ON_TERMINAL : OBSERVER_DELAY;
      this.#timer = setTimeout(() => this.#startThread(), delay);
    }
  }

  /** Resolves when signals take effect even while the main thread is blocked, if the runtime supports this. */
  get ready(): Promise<void> {
    return this.#lastResort?.mayBlock && this.#observer ? this.#observer.ready : Promise.resolve();
  }

  /** Must be called before a line is printed. If stderr is not read, the main thread blocks. */
  beforePrinting(): void {
    this.#startThread();
  }

  /** Gives the signals their usual meaning again. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#observer?.stop();
    this.#unlisten();
    process.off("SIGHUP", this.#onHangUp);
  }

  readonly #onHangUp = (): void => {
    if (!this.#hungUp && !IGNORED) this.#steps.drain(false);
    this.#hungUp = true;
  };

  #unlisten(): void {
    for (const [name, handler] of this.#handlers) process.off(name, handler);
  }

  #take({ name, at }: Received): void {
    this.first ??= name;
    const step = press(this.#presses, at);
    if (step === undefined) return;
    Atomics.store(this.#done, Done.step, step);
    // Before a line is printed, because printing may block.
    this.#startThread();
    if (step >= LEAVE) return this.#steps.leave(ExitCode[this.first]);
    if (step === 1) return this.#steps.drain(true);
    this.#steps.abort();
  }

  #startThread(): void {
    if (!this.#lastResort || this.#observer) return;
    clearTimeout(this.#timer);
    const { words, restore } = this.#lastResort;
    const init = { presses: this.#presses, first: this.first, restore, words, done: this.#done.buffer };
    this.#observer = startObserver(init, {
      // From now on, only the thread listens. A signal that both received counts as one press.
      onReady: () => this.#unlisten(),
      onSignal: (received) => {
        Atomics.add(this.#done, Done.signals, 1);
        this.#take(received);
      },
    });
  }
}

/**
 * Whether this process was started with SIGHUP ignored. Linux reports it in a file, macOS only by the C library, which Node cannot
 * call. But Node has already changed it when this runs. So has Deno sometimes, on a busy machine with a `node_modules` folder that
 * Deno manages.
 */
function ignoresHangUp(): boolean {
  try {
    const ignored = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"));
    // The first bit stands for signal 1, which is SIGHUP.
    return ignored !== null && (parseInt(ignored[1].slice(-1), 16) & 1) === 1;
  } catch {
    return "Deno" in globalThis && isIgnored(SIGHUP);
  }
}
