/** The entry of a helper thread. */

import process from "node:process";
import { pathToFileURL } from "node:url";
import { KeyTable } from "../../../wire/key_table.ts";
import { freeMemory, type Lines, unpack } from "../../../wire/lines.ts";
import { openDatabase } from "../file/sqlite.ts";
import { KeyMaker } from "../keys/key_maker.ts";
import { type Request, Step } from "./requests.ts";

const { parentPort } = process.getBuiltinModule("node:worker_threads");
const scope = globalThis as unknown as {
  postMessage(message: unknown, move?: ArrayBuffer[]): void;
  onmessage: (event: { data: Request }) => void;
};
const post = (message: unknown, move: ArrayBuffer[] = []) => (parentPort ?? scope).postMessage(message, move);
let keys: KeyMaker | undefined;

if (parentPort) parentPort.on("message", handle);
else scope.onmessage = ({ data }) => handle(data);
post("ready");

function handle(request: Request): void {
  if ("file" in request) return copyLog(request);
  if ("occurrences" in request) return void (keys = new KeyMaker(new KeyTable(request.occurrences)));
  const made = keys!.keysOf(unpack(request.lines) as Lines);
  freeMemory(request.lines.bytes);
  post(made, [made.buffer]);
}

function copyLog({ file, step }: { file: string; step: SharedArrayBuffer }): void {
  const shared = new Int32Array(step);
  // The main thread has ended the run meanwhile.
  if (Atomics.compareExchange(shared, 0, Step.asked, Step.running) !== Step.asked) return;
  try {
    // A file that was deleted meanwhile is not made again.
    const url = pathToFileURL(file);
    url.search = "?mode=rw";
    const db = openDatabase(url);
    db.exec("PRAGMA wal_checkpoint(PASSIVE)");
    db.close();
  } catch {
    // What was not copied stays in the log.
  } finally {
    Atomics.store(shared, 0, Step.idle);
    Atomics.notify(shared, 0);
  }
}
