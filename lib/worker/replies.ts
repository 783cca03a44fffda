/**
 * Sends a worker's replies to its caller. Replies that are ready in the same turn share a message, but for the first
 * outcomes. Nothing is sent once the caller has given the worker up.
 */

import type { Channel } from "../wire/channel.ts";
import { RESULTS, ToCaller, type ToCallerRecord } from "../wire/message.ts";
import { Outbox } from "../wire/outbox.ts";
import type { LoopClock } from "./loop_clock.ts";
import { ReplySchedule } from "./reply_schedule.ts";

/**
 * Run times below this are sent as the mean of those of neighbouring tasks, in microseconds: the loop's clock is no more exact
 * (`loop_clock.ts`).
 */
const SHORT = 50;

export interface ReplyHost {
  /** Whether the caller has given the worker up. */
  isGivenUp(): boolean;
  /** Returns the substitute for a record whose value cannot be cloned. */
  substituteFor(id: number, kind: number, error: unknown): ToCallerRecord | undefined;
}

export class Replies {
  readonly #host: ReplyHost;
  readonly #clock: LoopClock;
  readonly #outbox: Outbox<ToCallerRecord>;
  readonly #schedule: ReplySchedule;
  #stopped = false;

  /** `perCore` is the number of workers per core. */
  constructor(channel: Channel, clock: LoopClock, host: ReplyHost, perCore = 1) {
    this.#host = host;
    this.#clock = clock;
    this.#outbox = new Outbox(
      channel,
      (id, kind, error) => host.substituteFor(id, kind, error),
      RESULTS,
      SHORT,
    );
    this.#schedule = new ReplySchedule(this.#outbox, () => this.#endTurn(), perCore);
  }

  /** Adds a reply. It is sent with others at the end of the turn. */
  add(...record: ToCallerRecord): void {
    if (this.#stopped) return;
    // Not by destructuring, which uses an iterator that a task may have replaced.
    this.#outbox.add(record[0], record[1], record[2], record[3]);
    this.#schedule.schedule();
  }

  /** Adds the outcome of a task. It is sent at once if few outcomes came lately. */
  addOutcome(
    kind: typeof ToCaller.done | typeof ToCaller.fail,
    id: number,
    micros: number,
    value: unknown,
    transfer: Transferable[] | undefined,
  ): void {
    if (this.#stopped) return;
    this.#outbox.add(kind, id, micros, value, transfer);
    this.#schedule.scheduleOutcome(this.#clock.time);
  }

  /**
   * Adds what a body tells its caller. It leaves when an outcome would, because it is lost with the worker, too, and always
   * before the outcome of its task.
   */
  tell(
    kind: typeof ToCaller.count | typeof ToCaller.used | typeof ToCaller.began,
    id: number,
    number: number,
    value: unknown,
  ): void {
    if (this.#stopped) return;
    this.#outbox.add(kind, id, number, value);
    this.#clock.read();
    this.#schedule.scheduleOutcome(this.#clock.time);
  }

  /** Adds outputs of a task whose body goes on. They are sent at once if few outcomes came lately. `time` is the present. */
  addOutputs(id: number, outputs: unknown, transfer: Transferable[] | undefined, time: number): void {
    if (this.#stopped) return;
    this.#outbox.add(ToCaller.yield, id, 0, outputs, transfer);
    this.#schedule.scheduleOutcome(time);
  }

  /** Whether the outcome of a task that ends at `time` would be sent at once. */
  leaveAtOnce(time: number): boolean {
    return this.#schedule.leavesAtOnce(time);
  }

  /**
   * Sends a record and all earlier ones at once, because the body may compute for a long time before the loop turns.
   */
  send(
    kind:
      | typeof ToCaller.progress
      | typeof ToCaller.yield
      | typeof ToCaller.started
      | typeof ToCaller.printed,
    id: number,
    value: unknown,
    transfer?: Transferable[],
  ): void {
    if (this.#stopped) return;
    this.#outbox.add(kind, id, 0, value, transfer);
    this.flush();
  }

  /** Whether nothing is sent any more. */
  get isStopped(): boolean {
    return this.#stopped;
  }

  /** Sends the collected replies. */
  flush(): void {
    if (!this.#host.isGivenUp()) this.#outbox.flush();
  }

  /** Sends nothing more, because nobody listens any longer. */
  stop(): void {
    this.#stopped = true;
  }

  #endTurn(): void {
    this.#clock.endTurn();
    this.flush();
  }
}
