/**
 * Converts results from JSON text to values.
 *
 * @module
 */

import type { FeedSink } from "../../executor/calls/feed.ts";
import { Lines, type Values } from "../../wire/lines.ts";

/**
 * Returns a sink of texts that passes values to `sink`. Each outcome is passed once, even if `sink` throws; its error
 * goes to the caller.
 */
export function valueSink(sink: FeedSink): FeedSink {
  return {
    succeeded(index, micros, packed: Values, workerId) {
      const texts = (packed instanceof Lines ? packed.toArray() : packed) as string[];
      const values = parsedAll(texts);
      if (values) return sink.succeeded(index, micros, values, workerId);
      // At least one text is not valid JSON. The others are converted.
      for (const [at, text] of texts.entries()) {
        const one = Array.isArray(micros) ? micros[at] : micros;
        sink.settled(index + at, { ...parsed(text), task: { attempt: 1, micros: one, workerId } });
      }
    },
    settled: (index, { ok, value, task }) =>
      sink.settled(index, ok ? { ...parsed(value as string), task } : { ok, value, task }),
  };
}

/** Returns the outcome of an input whose result is this text. */
function parsed(text: string): { ok: boolean; value: unknown } {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return { ok: false, value: error };
  }
}

/** Returns all values; undefined if a text is not valid JSON. */
function parsedAll(texts: string[]): unknown[] | undefined {
  try {
    return texts.map((text) => JSON.parse(text));
  } catch {
    return undefined;
  }
}
