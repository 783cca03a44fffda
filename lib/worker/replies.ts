/**
 * What a worker sends to its caller. Replies that are ready in one turn leave in one message; nothing leaves once the
 * caller has given the worker up.
 *
 * @module
 */

import type { Channel } from "../wire/channel.ts";
import { RESULTS, ToCaller, type ToCallerRecord } from "../wire/message.ts";
import { Outbox } from "../wire/outbox.ts";
import type { LoopClock } from "./loop_clock.ts";
import { ReplySchedule } from "./reply_schedule.ts";

/** The worker whose replies they are. */
export interface ReplyHost {
  /** Whether the caller has given the worker up. */
  isGivenUp(): boolean;
  /** The record to send in place of one whose value cannot be cloned. */
  substituteFor(id: number, kind: number, error: unknown): ToCallerRecord;
}

/** Collects replies and sends them. */
export class Replies {
  readonly #host: ReplyHost;
  readonly #clock: LoopClock;
  readonly #outbox: Outbox<ToCallerRecord>;
  readonly #schedule: ReplySchedule;
  #stopped = false;

  constructor(channel: Channel, clock: LoopClock, host: ReplyHost) {
    this.#host = host;
    this.#clock = clock;
    this.#outbox = new Outbox(channel, (id, kind, error) => host.substituteFor(id, kind, error), RESULTS);
    this.#schedule = new ReplySchedule(this.#outbox, () => this.#endTurn());
  }

  /** Adds a reply, which leaves with others at the end of the turn. */
  add(...record: [...ToCallerRecord, transfer?: Transferable[]]): void {
    // Not by destructuring, which asks an iterator: a task may have replaced it.
    this.addRecord(record[0], record[1], record[2], record[3], record[4]);
  }

  /** Does what {@link add} does, without an array for each record: for results. */
  addRecord(
    kind: ToCallerRecord[0],
    id: number,
    number: number,
    value: unknown,
    transfer: Transferable[] | undefined,
  ): void {
    if (this.#stopped) return;
    this.#outbox.add(kind, id, number, value, transfer);
    this.#schedule.schedule();
  }

  /** Sends a record at once, with all that was added before it: the body may compute for long before the loop turns. */
  send(
    kind: typeof ToCaller.progress | typeof ToCaller.yield | typeof ToCaller.started,
    id: number,
    value: unknown,
    transfer?: Transferable[],
  ): void {
    if (this.#stopped) return;
    this.#outbox.add(kind, id, 0, value, transfer);
    this.flush();
  }

  /** Sends what was added. */
  flush(): void {
    if (!this.#host.isGivenUp()) this.#outbox.flush();
  }

  /** Sends nothing more: nobody listens any longer. */
  stop(): void {
    this.#stopped = true;
  }

  #endTurn(): void {
    this.#clock.endTurn();
    this.flush();
  }
}
