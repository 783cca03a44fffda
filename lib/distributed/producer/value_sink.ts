/**
 * Parses results that crossed as JSON.
 *
 * @module
 */

import type { FeedSink } from "../../executor/calls/feed.ts";
import { Lines, type Values } from "../../wire/lines.ts";

/** A sink of texts in front of a sink of values. */
export function valueSink(sink: FeedSink): FeedSink {
  return {
    succeeded(index, micros, packed: Values, workerId) {
      const texts = (packed instanceof Lines ? packed.toArray() : packed) as string[];
      const values = parsedAll(texts);
      if (values) return sink.succeeded(index, micros, values, workerId);
      // One of them is no JSON; the others are.
      for (const [at, value] of texts.entries()) {
        const one = Array.isArray(micros) ? micros[at] : micros;
        this.settled(index + at, { ok: true, value, task: { attempt: 1, micros: one, workerId } });
      }
    },
    settled(index, { ok, value, task }) {
      if (!ok) return sink.settled(index, { ok, value, task });
      let parsed: unknown;
      try {
        parsed = JSON.parse(value as string);
      } catch (error) {
        return sink.settled(index, { ok: false, value: error, task });
      }
      sink.settled(index, { ok, value: parsed, task });
    },
  };
}

/** Undefined if one of them is no JSON. The sink is told outside of this: what it throws is an error of its own. */
function parsedAll(texts: string[]): unknown[] | undefined {
  try {
    return texts.map((text) => JSON.parse(text));
  } catch {
    return undefined;
  }
}
