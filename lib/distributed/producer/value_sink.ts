/**
 * Turns results that crossed as JSON texts into values.
 *
 * @module
 */

import type { FeedSink } from "../../executor/calls/feed.ts";
import { Lines, type Values } from "../../wire/lines.ts";

/**
 * Returns a sink of texts that tells `sink` of values. Each outcome is told once, also if `sink` throws: its error goes on to
 * the caller.
 */
export function valueSink(sink: FeedSink): FeedSink {
  return {
    succeeded(index, micros, packed: Values, workerId) {
      const texts = (packed instanceof Lines ? packed.toArray() : packed) as string[];
      const values = parsedAll(texts);
      if (values) return sink.succeeded(index, micros, values, workerId);
      // One of them is no JSON; the others are.
      for (const [at, text] of texts.entries()) {
        const one = Array.isArray(micros) ? micros[at] : micros;
        sink.settled(index + at, { ...parsed(text), task: { attempt: 1, micros: one, workerId } });
      }
    },
    settled: (index, { ok, value, task }) =>
      sink.settled(index, ok ? { ...parsed(value as string), task } : { ok, value, task }),
  };
}

/** The outcome of an input whose result is this text. */
function parsed(text: string): { ok: boolean; value: unknown } {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return { ok: false, value: error };
  }
}

/** All values, or undefined if a text is no JSON. */
function parsedAll(texts: string[]): unknown[] | undefined {
  try {
    return texts.map((text) => JSON.parse(text));
  } catch {
    return undefined;
  }
}
