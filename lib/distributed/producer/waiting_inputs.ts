/** The inputs of one feed that wait: in blocks in their order, or for their key. */

import { Fifo } from "../../executor/basics/fifo.ts";
import { Lines } from "../../wire/lines.ts";
import type { Texts } from "../broker/encoding.ts";
import { CHUNK_BYTES, MOST_BYTES } from "../broker/protocol.ts";
import { KeyLanes, type Waiting } from "../limits/key_shares.ts";
import type { FeedSpec } from "./feed_spec.ts";

/** Maximum number of single inputs that are joined in one block. A block is freed only as a whole. A guess. */
const MOST_JOINED = 4_096;

/** A block of inputs. Inputs from index `from` on wait. */
interface Block extends Waiting {
  from: number;
}

export class WaitingInputs {
  size = 0;
  #blocks = new Fifo<Block>();
  /** Inputs that wait for their key. */
  readonly #lanes: KeyLanes | undefined;
  readonly #spec: FeedSpec;
  readonly #fail: (index: number, error: unknown) => void;

  /** @param fail fails an input that cannot be sent */
  constructor(spec: FeedSpec, fail: (index: number, error: unknown) => void) {
    this.#spec = spec;
    this.#fail = fail;
    this.#lanes = spec.shares && new KeyLanes(spec.shares);
  }

  /** Whether an input waits for more than its key. */
  get canTake(): boolean {
    return this.#blocks.size > 0 || this.#lanes?.next !== undefined;
  }

  /** Adds inputs behind all others. Inputs that are handed in one by one share a block. */
  add({ first, texts, attempt, arrived }: Waiting): void {
    this.size += texts.length;
    const last = this.#blocks.peekLast();
    const isTimed = this.#spec.options.queueTimeout !== undefined;
    const joins = last && Array.isArray(last.texts) && Array.isArray(texts) &&
      last.first + last.texts.length === first && last.texts.length < MOST_JOINED &&
      last.attempt === attempt && (!isTimed || last.arrived > arrived - 1);
    if (joins) { for (const text of texts) (last.texts as string[]).push(text); }
    else this.#blocks.push({ first, texts, attempt, arrived, from: 0 });
  }

  /** Puts inputs before all others. */
  putBack(taken: Waiting): void {
    this.#blocks.unshift({ ...taken, from: 0 });
    this.size += taken.texts.length;
  }

  /** Takes the next inputs: at most `most`, and at most as many as fit into a job chunk. Undefined if none can be taken now. */
  take(most: number): Waiting | undefined {
    const { termsOf } = this.#spec;
    if (!termsOf) return this.#take(most);
    const freed = this.#lanes?.take();
    if (freed) {
      this.size--;
      return freed;
    }
    // One at a time, because each input may have another key, or none because its user's function throws.
    for (let taken = this.#take(1); taken; taken = this.#take(1)) {
      try {
        const { key } = termsOf(textOf(taken.texts));
        if (key === undefined || !this.#lanes?.wait(key, taken)) return taken;
        this.size++;
      } catch (error) {
        this.#fail(taken.first, error);
      }
    }
    return undefined;
  }

  #take(most: number): Waiting | undefined {
    for (;;) {
      const block = this.#blocks.peek();
      if (!block) return undefined;
      const { texts, from, attempt, arrived } = block;
      const first = block.first + from;
      const { fit, tooLarge } = fitting(texts, {
        from,
        most: Math.min(most, texts.length - from),
        batch: this.#spec.batch,
      });
      const count = tooLarge ? 1 : fit;
      block.from += count;
      if (block.from === texts.length) this.#blocks.shift();
      this.size -= count;
      if (!tooLarge) return { first, texts: texts.slice(from, from + count), attempt, arrived };
      const message = `The input has more than ${MOST_BYTES / 1024 / 1024} MB, the limit over a broker`;
      this.#fail(first, new RangeError(message));
    }
  }

  /** Takes out inputs that arrived until a time. Returns them, and when the first of the others arrived. */
  expire(before: number): { expired: Waiting[]; next: number } {
    let next = Infinity;
    const expired: Waiting[] = [];
    this.#blocks.filter((block) => {
      if (block.arrived > before) {
        next = Math.min(next, block.arrived);
        return true;
      }
      expired.push(waitingIn(block));
      return false;
    });
    const lanes = this.#lanes?.expire(before);
    if (lanes) {
      expired.push(...lanes.expired);
      next = Math.min(next, lanes.next);
    }
    for (const { texts } of expired) this.size -= texts.length;
    return { expired, next };
  }

  clear(): Waiting[] {
    const all: Waiting[] = [...this.#lanes?.clear() ?? [], ...[...this.#blocks].map(waitingIn)];
    this.#blocks = new Fifo();
    this.size = 0;
    return all;
  }
}

function waitingIn({ from, ...block }: Block): Waiting {
  return { ...block, first: block.first + from, texts: block.texts.slice(from, block.texts.length) };
}

export function textOf(texts: Texts, at = 0): string {
  return texts.at(at) as string;
}

/**
 * Returns how many texts from `from` on fit into a job chunk: at least one, unless that one is too large for any. With batches, whole
 * ones; a single one may be as large as a single input.
 */
function fitting(
  texts: Texts,
  { from, most, batch = 1 }: { from: number; most: number; batch?: number },
): { fit: number; tooLarge: boolean } {
  let bytes = 0;
  for (let at = 0; at < most; at++) {
    const length = texts instanceof Lines ? texts.bytesAt(from + at).length : texts[from + at].length;
    bytes += length;
    if (at === 0 && length > MOST_BYTES) return { fit: 0, tooLarge: true };
    if (at === 0 || bytes <= (at < batch ? MOST_BYTES : CHUNK_BYTES)) continue;
    return { fit: at < batch ? at : at - at % batch, tooLarge: false };
  }
  return { fit: most, tooLarge: false };
}
