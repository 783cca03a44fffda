/** What threads do for the journal of a long run. */
import { copyFileSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Checkpoints } from "../../../../lib/cli/journal/file/checkpoints.ts";
import { KeyMaker } from "../../../../lib/cli/journal/keys/key_maker.ts";
import { LineKeys } from "../../../../lib/cli/journal/keys/line_keys.ts";
import { Lines } from "../../../../lib/wire/lines.ts";

const MB = 1024 * 1024;

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "helpers-"))));
afterEach(() => rmSync(folder, { recursive: true }));

function linesOf(texts: string[]): Lines {
  return new Lines(new TextEncoder().encode(texts.map((text) => `${text}\n`).join("")), texts.length);
}

test("the keys of a long input are the same when a thread goes on with them", async () => {
  const keys = new LineKeys();
  const maker = new KeyMaker();
  const padding = "x".repeat(1_000);
  const blockOf = (number: number) =>
    linesOf(Array.from({ length: 1_100 }, (_, n) => `${n % 1_000} ${number % 3} ${padding}`));
  let ofThread = 0;
  try {
    for (let number = 0; ofThread < 3; number++) {
      const made = keys.of(blockOf(number));
      if (made instanceof Promise) ofThread++;
      // The thread is ready after some turns.
      else await new Promise((resolve) => setTimeout(resolve));
      expect(await made).toEqual(maker.keysOf(blockOf(number)));
    }
  } finally {
    keys.stop();
  }
});

test("the journal's log is copied into its file while the journal is open", async () => {
  const file = join(folder, "journal");
  const db = new DatabaseSync(file);
  db.exec("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (bytes BLOB)");
  db.prepare("INSERT INTO t VALUES (?)").run(new Uint8Array(MB));
  const { size } = statSync(file);
  const checkpoints = new Checkpoints(file);
  checkpoints.wrote(15 * MB);
  expect(statSync(file).size).toBe(size);
  checkpoints.wrote(MB);
  await vi.waitFor(() => expect(statSync(file).size).toBeGreaterThan(MB), { timeout: 10_000 });
  checkpoints.stop();
  copyFileSync(file, join(folder, "alone"));
  db.close();
  const alone = new DatabaseSync(join(folder, "alone"));
  expect(alone.prepare("SELECT length(bytes) AS length FROM t").get()!.length).toBe(MB);
  alone.close();
});

test("the end of a run does not wait for a copy that has not begun, and the file is closed afterwards", () => {
  const file = join(folder, "journal");
  const db = new DatabaseSync(file);
  db.exec("PRAGMA journal_mode = WAL; CREATE TABLE t (bytes BLOB)");
  const checkpoints = new Checkpoints(file);
  checkpoints.wrote(16 * MB);
  checkpoints.stop();
  db.close();
  // SQLite removes the log when the last connection is closed.
  expect(statSync(`${file}-wal`, { throwIfNoEntry: false })).toBeUndefined();
});
