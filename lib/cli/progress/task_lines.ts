/**
 * `--tag`: prints what tasks print, line by line, each with the place of its task's input before it. A line is printed when it is
 * complete, so lines of tasks that run at the same time do not end up inside one another.
 */

import { Recent } from "../../executor/basics/recent.ts";
import type { PrintedPiece } from "../../executor/tasks/feed.ts";
import type { Origin } from "../input/origin.ts";
import { draw, printObject } from "./terminal.ts";

interface TaskPiece extends PrintedPiece {
  /** The first input of the task; undefined if other code of the module has printed it. */
  input?: number;
  /** Number of inputs of the task. Default: one. */
  count?: number;
}

type LinePlace = Pick<Origin, "index" | "number" | "file" | "place">;

interface RunningInputs {
  /** Returns the places of the first and the last of `count` inputs from `first` on; undefined if they have settled. */
  placesOf(first: number, count: number): [first: Origin, last: Origin] | undefined;
}

interface Open {
  input: number | undefined;
  stream: TaskPiece["stream"];
  text: string;
}

/** Number of inputs whose places are kept for lines that their bodies print after they have settled. A guess. */
const PLACES = 10_000;

/** Length from which on a line is printed although its end is missing, in characters. A guess; it limits memory. */
const LONG = 64 * 1024;

export class TaskLines {
  readonly #asObjects: boolean;
  #inputs: RunningInputs | undefined;
  readonly #open = new Map<string, Open>();
  readonly #places = new Recent<number, LinePlace>(PLACES);

  /** @param options `asObjects`: whether lines are printed as JSON objects, for programs */
  constructor({ asObjects }: { asObjects: boolean }) {
    this.#asObjects = asObjects;
  }

  /** Must be called before the first task runs. Until then, only modules print, as they load. */
  connect(inputs: RunningInputs): void {
    this.#inputs = inputs;
  }

  add({ input, count = 1, workerId, stream, text }: TaskPiece): void {
    // Over a broker, the end of an attempt that another follows.
    if (input !== undefined && text === "") return this.ended(input, count);
    if (input !== undefined) this.#findPlace(input, count);
    const key = `${stream} ${input === undefined ? `worker ${workerId}` : input}`;
    const lines = `${this.#open.get(key)?.text ?? ""}${text}`.split("\n");
    const rest = lines.pop()!;
    this.#open.delete(key);
    const open = { input, stream };
    for (const line of lines) this.#print({ ...open, text: line.replace(/\r$/, "") });
    if (rest.length >= LONG) this.#print({ ...open, text: rest });
    else if (rest !== "") this.#open.set(key, { ...open, text: rest });
  }

  /** Prints the rest of what the tasks of `count` inputs from `first` on have printed, before their outcomes are passed on. */
  ended(first: number, count = 1): void {
    for (const [key, open] of this.#open) {
      if (open.input === undefined || open.input < first || open.input >= first + count) continue;
      this.#open.delete(key);
      this.#print(open);
    }
  }

  finish(): void {
    for (const open of this.#open.values()) this.#print(open);
    this.#open.clear();
  }

  #findPlace(input: number, count: number): void {
    if (this.#places.get(input)) return;
    const places = this.#inputs?.placesOf(input, count);
    if (!places) return;
    const [{ index: first, number, file, place }, last] = places;
    const all = last.index === first ? place : `${place} to ${last.place}`;
    this.#places.set(input, { index: first, number, file, place: all });
  }

  #print({ input, stream, text }: Open): void {
    const place = input === undefined ? undefined : this.#places.get(input);
    // As it is, with its colours: tasks print to the terminal without --tag, too.
    if (!this.#asObjects) return draw("stderr", place ? `${place.place}: ${text}\n` : `${text}\n`);
    printObject(JSON.stringify({
      type: "output",
      index: place?.index ?? null,
      line: place?.number ?? null,
      file: place?.file ?? null,
      place: place?.place ?? null,
      stream,
      text,
    }));
  }
}
