/**
 * JSON lines from file to file, as fast as two bare workers can: blocks of whole lines there and back, without any
 * other feature of a tool. Only on Deno.
 */

import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { WORKERS } from "../peers/pool.ts";

const BLOCK = 128 * 1024;
/** Number of blocks on the way to each worker. */
const AHEAD = 3;
const NEWLINE = 10;

const [input, output] = Deno.args;
const source = openSync(input, "r");
const target = openSync(output, "w");
const workers = Array.from(
  { length: WORKERS },
  () => new Worker(new URL("./lines_bare_worker.ts", import.meta.url), { type: "module" }),
);
const waiting = new Map<number, Uint8Array>();
let rest = new Uint8Array(0);
let sent = 0;
let written = 0;
let ended = false;

for (const worker of workers) {
  worker.onmessage = ({ data: { number, bytes } }) => {
    send(worker);
    waiting.set(number, bytes);
    for (let next = waiting.get(written); next; next = waiting.get(written)) {
      waiting.delete(written++);
      writeSync(target, next);
    }
    if (ended && written === sent) finish();
  };
  for (let block = 0; block < AHEAD; block++) send(worker);
}

function send(worker: Worker): void {
  const bytes = nextBlock();
  if (bytes) worker.postMessage({ number: sent++, bytes }, [bytes.buffer]);
}

/** Returns the next block of whole lines. The measured files end in a newline. */
function nextBlock(): Uint8Array<ArrayBuffer> | undefined {
  if (ended) return undefined;
  const bytes = new Uint8Array(rest.length + BLOCK);
  bytes.set(rest);
  const length = rest.length + readSync(source, bytes, rest.length, BLOCK, null);
  ended = length === rest.length;
  if (ended) return undefined;
  const end = bytes.lastIndexOf(NEWLINE, length - 1) + 1;
  rest = bytes.slice(end, length);
  return bytes.slice(0, end);
}

function finish(): void {
  closeSync(target);
  for (const worker of workers) worker.terminate();
}
