/**
 * The maps and streams of one executor that are being read. `close()` lets them finish as long as somebody reads them, and
 * `terminate()` ends them all.
 */

import { after } from "../basics/deadlines.ts";

/**
 * How long `close()` waits for a loop that is in its body, in milliseconds. A guess. Shorter: more loops miss results that were not
 * computed yet, and get an error. Longer: a loop whose body waits for `close()` itself is held up for longer.
 */
const PATIENCE = 2_000;

/** A map or stream, from its first read to its end. */
export interface OpenReader {
  /** Whether a call waits for the next result. */
  isAwaited(): boolean;
  /** Whether a loop reads it. A loop either asks for the next result or says that it leaves. */
  isLoop(): boolean;
  /** Number of results that were asked for. */
  asked(): number;
  /** Whether only its reader is awaited. */
  isComplete(): boolean;
  /** Number of bodies that hold a slot until results are read. */
  slotsHeld(): number;
  /** Called when there may be more slots. */
  widened(): void;
  /** Pulls nothing more. Its reader gets this error after the results that are under way. */
  dry(error: unknown): void;
  /** Ends it with this error, whether its results are read or not. */
  end(error: unknown): void;
}

export class Readers {
  readonly #open = new Set<OpenReader>();
  readonly #changed: () => void;
  /** Number of results that had been asked for when `close()` was called, and the time of that call. */
  #closed: { asked: Map<OpenReader, number>; at: number } | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param changed called when `close()` may have less to wait for */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  add(reader: OpenReader): void {
    this.#open.add(reader);
  }

  delete(reader: OpenReader): void {
    if (this.#open.delete(reader)) this.changed();
  }

  /** Number of bodies that hold a slot until their reader goes on. */
  get slotsHeld(): number {
    let held = 0;
    for (const reader of this.#open) held += reader.slotsHeld();
    return held;
  }

  /** Tells all readers that there may be more slots. */
  widened(): void {
    for (const reader of this.#open) reader.widened();
  }

  /** Called when a reader holds a slot now, or has ended. */
  changed(): void {
    if (this.#closed) this.#changed();
  }

  /** Notes the state of all readers, because `close()` was called. */
  close(): void {
    this.#closed = {
      asked: new Map([...this.#open].map((reader) => [reader, reader.asked()])),
      at: performance.now(),
    };
    clearTimeout(this.#timer);
    if (this.#open.size > 0) this.#timer = after(PATIENCE, this.#changed);
  }

  /**
   * Ends the readers that nobody reads any more. Returns whether no reader is left that is being read.
   *
   * @param error makes the error of each of these readers
   * @param options `onlySlots`: only readers that hold a slot, because other tasks may wait for it
   */
  endUnread(error: () => unknown, { onlySlots }: { onlySlots: boolean }): boolean {
    let read = 0;
    for (const reader of [...this.#open]) {
      if (reader.isComplete() || onlySlots && reader.slotsHeld() === 0) continue;
      if (reader.isAwaited() || this.#comesBack(reader)) read++;
      else reader.end(error());
    }
    return read === 0;
  }

  /** Lets all readers pull nothing more. */
  dry(error: () => unknown): void {
    for (const reader of [...this.#open]) reader.dry(error());
  }

  end(error: () => unknown): void {
    for (const reader of [...this.#open]) reader.end(error());
  }

  /** Ends the timer, because the executor is closed. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Whether a loop is expected to ask for the next result. One that has asked since `close()` was called does not wait for it. */
  #comesBack(reader: OpenReader): boolean {
    if (!this.#closed || !reader.isLoop()) return false;
    const { asked, at } = this.#closed;
    return reader.asked() !== asked.get(reader) || performance.now() - at < PATIENCE - 1;
  }
}
