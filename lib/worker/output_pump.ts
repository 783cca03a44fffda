/**
 * Runs generators whose values are outputs of their own. Outputs that wait are sent together: with the outcome of the body, or
 * earlier as `EachOutput` allows. A generator whose outputs have no room at the caller waits.
 */

import { TaskCloneError, UnwritableError } from "../errors.ts";
import type { EachOutput } from "../wire/encoding.ts";
import { NO_OUTPUTS, outputList, ROOM, withOutput } from "../wire/many.ts";
import { handleRejections } from "../wire/refused_promises.ts";
import { type AnyIterator, type GeneratorRun, iteratorOf, stepOf } from "./generator.ts";
import { defer, isThenable, now } from "./realm.ts";
import { Room } from "./room.ts";
import { IMMEDIATE, PER_VALUE, Turns } from "./turns.ts";

// Before a task may replace it.
const { Promise } = globalThis;

/**
 * Maximum length of the outputs that are held until the body has ended, in characters. A guess: the caller needs a few times as
 * much memory for the outcome.
 */
const MOST_HELD = 64 * 1024 * 1024;

/** Number of units from which outputs are sent although the turn has not ended. A guess: more units cost hardly less. */
const FULL = { text: 64 * 1024, value: 64 } as const;

/** The worker's side of the outputs of one task. */
export interface OutputPumpInit extends GeneratorRun {
  each: EachOutput;
  /** Writes an output as text; undefined if outputs are sent as values. */
  encode: ((value: unknown) => unknown) | undefined;
  /** Sends outputs at the present `time`, or at the end of the turn. */
  send(outputs: unknown, time: number): void;
  /** Whether outputs that are sent at `time` leave at once. */
  leavesAtOnce(time: number): boolean;
  /** Whether the task was aborted, or the worker given up. */
  isAborted(): boolean;
  /** Called when the generator waits for room at the caller. Returns what ends that time. */
  waits(): () => void;
}

export class OutputPump {
  /** What the caller has room for, without the outputs that wait here. */
  readonly room: Room;
  readonly #init: OutputPumpInit;
  readonly #kind: keyof typeof ROOM;
  #outputs: string | unknown[];
  /** Number of units in the outputs that wait. */
  #units = 0;
  /** Whether outputs have been sent. From then on, none is held. */
  #hasSent = false;
  #isScheduled = false;

  constructor(init: OutputPumpInit) {
    this.#init = init;
    this.#kind = init.encode ? "text" : "value";
    this.room = new Room(ROOM[this.#kind]);
    this.#outputs = this.#none();
  }

  /** Runs to the end of the source or until it is stopped, and then closes the source. Returns the outputs that wait. */
  async run(source: unknown): Promise<unknown> {
    const iterator = iteratorOf(source, "flatMap()");
    const { room } = this;
    const { next, turn } = this.#init;
    // No reader takes these outputs one by one, so a turn for each is not needed.
    const turns = new Turns(turn === PER_VALUE ? IMMEDIATE : turn);
    let isDone = false;
    try {
      while (room.isOpen) {
        if (room.left <= 0) {
          const goesOn = this.#init.waits();
          await room.there();
          goesOn();
          continue;
        }
        const found = next(iterator);
        // Without a wait for each value of a generator that is not async. A promise is one also if a task has taken its `then` away.
        const isPromise = found instanceof Promise || isThenable(found);
        const step = stepOf(isPromise ? await found : found as IteratorResult<unknown>);
        isDone = !!step.done;
        if (isDone) break;
        const hasLeft = this.#add(step.value);
        if (!turns.areDue() && !(hasLeft && turn === PER_VALUE)) continue;
        await turns.give();
        if (this.#init.isAborted()) room.stop();
      }
    } catch (error) {
      // What a body has yielded before it fails does not depend on when it is sent.
      if (this.#isDue) this.#send(now());
      throw error;
    } finally {
      this.#units = 0;
      if (!isDone) await (iterator as AnyIterator).return?.();
    }
    room.check();
    return this.#outputs;
  }

  #none(): string | unknown[] {
    return this.#kind === "text" ? NO_OUTPUTS : outputList();
  }

  /** Adds an output. Returns whether it has left at once. */
  #add(value: unknown): boolean {
    const { each: { held }, encode } = this.#init;
    const outputs = this.#outputs;
    const before = this.#units;
    if (typeof outputs === "string") {
      this.#outputs = withOutput(outputs, encode!(value) as string);
      this.#units = this.#outputs.length;
    } else {
      outputs[outputs.length] = value;
      this.#units++;
    }
    // Not when they are sent, which may happen while the next value is awaited.
    if (held !== Infinity) this.room.left -= this.#units - before;
    const leaves = held === Infinity ? this.#checkHeld() : this.#isDue && this.#mayBeSent(held === 0);
    // The value is checked when it is sent. A promise in it may reject before.
    if (!leaves && this.#kind === "value") handleRejections(value);
    return leaves;
  }

  /** Whether outputs wait that need not be held. */
  get #isDue(): boolean {
    return this.#units > (this.#hasSent ? 0 : this.#init.each.held);
  }

  #checkHeld(): false {
    if (this.#kind === "value" || this.#units <= MOST_HELD) return false;
    throw new TaskCloneError(
      "result",
      new UnwritableError(
        `The task has yielded more than ${
          MOST_HELD / 1024 / 1024
        } MB for one input. With a journal, retries or a broker, ` +
          "values are kept until the attempt has succeeded. Yield less, or run without them",
      ),
    );
  }

  /** Sends the outputs if there are enough, or `soon`. Returns whether they have left at once. */
  #mayBeSent(soon: boolean): boolean {
    const isFull = this.#units >= FULL[this.#kind];
    if (!isFull && !soon) return false;
    const time = now();
    const leaves = this.#init.leavesAtOnce(time);
    if (isFull || leaves) this.#send(time);
    else if (!this.#isScheduled) {
      this.#isScheduled = true;
      defer(this.#sendWaiting);
    }
    return leaves;
  }

  readonly #sendWaiting = (): void => {
    this.#isScheduled = false;
    // Nothing waits if the body has ended: the outcome has taken the outputs along.
    if (this.#units > 0) this.#send(now());
  };

  #send(time: number): void {
    const outputs = this.#outputs;
    this.#outputs = this.#none();
    this.#units = 0;
    this.#hasSent = true;
    this.#init.send(outputs, time);
  }
}
