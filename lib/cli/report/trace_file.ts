/**
 * Writes the file of `--trace`: Chrome trace events of all attempts, while they end. The format:
 * https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
 */

import type { CurveData } from "./recording/curves.ts";
import type { Placed } from "./recording/recorder.ts";
import { hashOf } from "./recording/sample.ts";
import { writeText } from "./report_files.ts";

/**
 * Number of attempts that are all written. Of further ones, one in 2 is written until there are `THEN` more, then one in 4, 8, …,
 * because a viewer keeps all of them in memory.
 */
const ALL = 100_000;
const THEN = 50_000;

/** Number of characters that are written at once. A guess: a larger write costs little more. */
const WRITE_SIZE = 64 * 1024;

/** Distance of the thread ids of two workers, so that the lanes of one worker are neighbours. */
const LANES = 100_000;

/** Writes one trace. After a failure it drops events. */
export class TraceFile {
  readonly #fd: number;
  readonly #task: string;
  #text = "";
  #mask = 0;
  #left = ALL;
  #written = 0;
  #seen = 0;
  readonly #threads = new Set<number>();
  failure: unknown;

  /** @param task the name of the events */
  constructor(fd: number, task: string) {
    this.#fd = fd;
    this.#task = JSON.stringify(task);
    this.#text = '{"displayTimeUnit":"ms","traceEvents":[\n' +
      `{"ph":"M","name":"process_name","pid":1,"tid":0,"args":{"name":"polyloop"}}`;
  }

  add({ index, ok, again, start, ms, position, lane, earlier = false }: Placed): void {
    this.#seen++;
    if ((hashOf(index) & this.#mask) !== 0) return;
    const tid = position * LANES + lane + 1;
    if (!this.#threads.has(tid)) {
      this.#name(tid, earlier ? "earlier sessions" : `worker ${position + 1}`, lane);
    }
    const failed = ok ? "" : ',"cname":"terrible"';
    this.#event(
      `{"ph":"X","name":${this.#task},"cat":"${ok ? "ok" : "failed"}"${failed},"pid":1,"tid":${tid},"ts":${
        micros(start)
      },"dur":${micros(ms)},"args":{"index":${index}${again ? ',"triedAgain":true' : ""}}}`,
    );
    this.#written++;
    if (--this.#left > 0) return;
    this.#mask = this.#mask * 2 + 1;
    this.#left = THEN;
  }

  finish({ step, ok, failed, inFlight }: CurveData): void {
    for (let at = 0; at < ok.length; at++) {
      const perSecond = Math.round((ok[at] + failed[at]) * 1_000 / step);
      const common = `"pid":1,"tid":0,"ts":${micros(at * step)}`;
      this.#event(`{"ph":"C","name":"in flight",${common},"args":{"tasks":${inFlight[at]}}}`);
      this.#event(`{"ph":"C","name":"per second",${common},"args":{"tasks":${perSecond}}}`);
    }
    const sampling = this.#seen === this.#written
      ? "all tasks"
      : `${this.#written} of ${this.#seen} tasks: the first ${ALL}, then one in 2, 4, 8, … of each ${THEN} written`;
    this.#text += `\n],"otherData":${
      JSON.stringify({ sampling, tasks: this.#seen, written: this.#written })
    }}\n`;
    this.#write();
  }

  #name(tid: number, row: string, lane: number): void {
    this.#threads.add(tid);
    const event = (name: string, args: string) =>
      this.#event(`{"ph":"M","name":"${name}","pid":1,"tid":${tid},"args":{${args}}}`);
    event("thread_name", `"name":"${row}, slot ${lane + 1}"`);
    event("thread_sort_index", `"sort_index":${tid}`);
  }

  #event(json: string): void {
    this.#text += `,\n${json}`;
    if (this.#text.length > WRITE_SIZE) this.#write();
  }

  #write(): void {
    if (this.failure !== undefined) return void (this.#text = "");
    try {
      writeText(this.#fd, this.#text);
      this.#text = "";
    } catch (error) {
      this.failure = error;
    }
  }
}

function micros(ms: number): number {
  return Math.max(0, Math.round(ms * 1e6) / 1e3);
}
