/** Converts results from JSON text to values. */

import type { FeedSink } from "../../executor/tasks/feed.ts";
import { Lines, type Values } from "../../wire/lines.ts";
import { isMany, outputsOf } from "../../wire/many.ts";
import { numberAt } from "../../wire/series_numbers.ts";

/**
 * Returns a sink of texts that passes values to `sink`. Each outcome is passed once, even if `sink` throws; its error
 * goes to the caller. `read` makes the value of a text.
 */
export function valueSink(sink: FeedSink, read: (text: string) => unknown = JSON.parse): FeedSink {
  const parsed = (text: string) => outcomeOf(text, read);
  return {
    succeeded(index, micros, packed: Values, workerId) {
      const texts = (packed instanceof Lines ? packed.toArray() : packed) as string[];
      const values = parsedAll(texts, read);
      if (values) return sink.succeeded(index, micros, values, workerId);
      // At least one text is not valid JSON. The others are converted.
      for (const [at, text] of texts.entries()) {
        const one = numberAt(micros, at);
        sink.settled(index + at, { ...parsed(text), task: { attempt: 1, micros: one, workerId } });
      }
    },
    settled: (index, { ok, value, task }) => {
      const added = task?.added && outcomeOf(`[${task.added.join()}]`, JSON.parse);
      if (added?.ok === false) return sink.settled(index, added);
      const facts = added ? { ...task!, added: added.value as unknown[] } : task;
      sink.settled(index, { ...(ok ? parsed(value as string) : { ok, value }), task: facts });
    },
  };
}

/** Returns the outcome of an input whose result is this text. */
function outcomeOf(text: string, read: (text: string) => unknown): { ok: boolean; value: unknown } {
  try {
    return { ok: true, value: read(text) };
  } catch (error) {
    return { ok: false, value: error };
  }
}

/** Returns all values; undefined if a text is not valid JSON. */
function parsedAll(texts: string[], read: (text: string) => unknown): unknown[] | undefined {
  try {
    return texts.map((text) => read(text));
  } catch {
    return undefined;
  }
}

/**
 * Returns the outputs of an input of `flatMap()`.
 *
 * @throws {TypeError} if its task has returned a single value that is no array
 */
export function outputsIn(text: string): unknown[] {
  if (isMany(text)) return outputsOf(text).map((output) => JSON.parse(output));
  const value = JSON.parse(text);
  if (Array.isArray(value)) return value;
  throw new TypeError(
    "flatMap() over a broker needs a task that is a generator or returns an array; use map() for this one",
  );
}
