/**
 * The iterators that an executor has handed out and that are being read: those of maps and of streams. `close()` lets
 * them finish as long as somebody reads them; `terminate()` ends them all.
 *
 * @module
 */

import { after } from "../deadlines.ts";

/**
 * How long `close()` waits for a loop that is in its body, in milliseconds: a guess. A body that takes longer misses the
 * results that were not computed yet, and is told; one that waits for `close()` itself is held up as long.
 */
const PATIENCE = 2_000;

/** A map or stream, from its first read to its end. */
export interface OpenReader {
  /** Whether somebody waits for its next result. */
  isAwaited(): boolean;
  /** Whether it is read by a loop, which either comes back for the next result or says that it leaves. */
  isLoop(): boolean;
  /** How often a result was asked for. */
  asked(): number;
  /** Whether there is nothing left to wait for but its reader. */
  isComplete(): boolean;
  /** Whether its body holds a slot until results are read. */
  holdsSlot(): boolean;
  /** There may be more slots. */
  widened(): void;
  /** Takes nothing more in; its reader gets this error after the results that are under way. */
  dry(error: unknown): void;
  /** Ends it with this error: what waits for its reader does so no longer. */
  end(error: unknown): void;
}

/** The maps and streams of one executor that are being read. */
export class Readers {
  readonly #open = new Set<OpenReader>();
  readonly #changed: () => void;
  /** How often a result had been asked for when the executor was closed, and when that was. */
  #closed: { asked: Map<OpenReader, number>; at: number } | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `changed` is told when `close()` may have less to wait for. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  add(reader: OpenReader): void {
    this.#open.add(reader);
  }

  delete(reader: OpenReader): void {
    if (this.#open.delete(reader)) this.changed();
  }

  /** How many bodies wait for nothing but a reader. */
  get slotsHeld(): number {
    let held = 0;
    for (const reader of this.#open) if (reader.holdsSlot()) held++;
    return held;
  }

  /** There may be more slots. */
  widened(): void {
    for (const reader of this.#open) reader.widened();
  }

  /** The state of a reader has changed: it holds a slot now, or has ended. */
  changed(): void {
    if (this.#closed) this.#changed();
  }

  /** The executor is to be closed. */
  close(): void {
    this.#closed = {
      asked: new Map([...this.#open].map((reader) => [reader, reader.asked()])),
      at: performance.now(),
    };
    clearTimeout(this.#timer);
    if (this.#open.size > 0) this.#timer = after(PATIENCE, this.#changed);
  }

  /**
   * Ends with this error those that nobody reads: those that hold slots, for which others may wait, and, once nothing else
   * is left to be done, the others. Returns whether none is left that is being read.
   */
  endUnread(error: () => unknown, { onlySlots }: { onlySlots: boolean }): boolean {
    let read = 0;
    for (const reader of [...this.#open]) {
      if (reader.isComplete() || onlySlots && !reader.holdsSlot()) continue;
      if (reader.isAwaited() || this.#comesBack(reader)) read++;
      else reader.end(error());
    }
    return read === 0;
  }

  /** Nothing more is taken in. */
  dry(error: () => unknown): void {
    for (const reader of [...this.#open]) reader.dry(error());
  }

  /** All end with an error of their own. */
  end(error: () => unknown): void {
    for (const reader of [...this.#open]) reader.end(error());
  }

  /** The executor is closed. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  /** A loop that has come back since `close()` was called does not wait for that itself. */
  #comesBack(reader: OpenReader): boolean {
    if (!this.#closed || !reader.isLoop()) return false;
    const { asked, at } = this.#closed;
    return reader.asked() !== asked.get(reader) || performance.now() - at < PATIENCE - 1;
  }
}
