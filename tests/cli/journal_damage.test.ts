/** A journal in which bytes have changed: what reads it is as it was written, or it is refused with a line; never another value. */
import { Buffer } from "node:buffer";
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readWhole } from "../../lib/cli/journal/damage.ts";
import { EarlierOutcomes } from "../../lib/cli/journal/earlier_outcomes.ts";
import { closeJournal, openJournal } from "../../lib/cli/journal/file/journal_file.ts";
import { hasRun } from "../../lib/cli/journal/rows/run_row.ts";
import { readStatus } from "../../lib/cli/journal/status/run_status.ts";
import { UserError } from "../../lib/cli/user_error.ts";
import { hashText } from "../../lib/wire/sha256.ts";
import { polyloop } from "./one_process.ts";
import { folder } from "./polyloop.ts";

const TASKS = `
import { appendFileSync } from "node:fs";
export const f = (n: number, { attempt }: { attempt: number }) => {
  appendFileSync("ran", n + "\\n");
  if (n % 10 === 3) throw new RangeError("bad " + n);
  if (n === 4 && attempt < 2) throw new Error("again");
  return "r" + n;
};
`;
const COUNT = 40;
const RUN =
  "run tasks.ts#f -A -i in -o out --errors err --retries 1 --backoff 1ms --journal j --progress none".split(
    " ",
  );

const home = folder({
  "tasks.ts": TASKS,
  "in": Array.from({ length: COUNT }, (_, n) => `${n + 1}\n`).join(""),
});
const at = (name: string) => join(home.path, name);
const options = { cwd: home.path };
let journal: Buffer;
let [out, err] = ["", ""];

beforeAll(async () => {
  await polyloop(RUN, options);
  // A second session, with outcomes of its own.
  writeFileSync(at("in"), `${readFileSync(at("in"), "utf8")}100\n103\n`);
  await polyloop(["resume", "j"], options);
  journal = readFileSync(at("j"));
  [out, err] = [readFileSync(at("out"), "utf8"), readFileSync(at("err"), "utf8")];
  writeFileSync(at("ran"), "");
});
afterAll(() => home[Symbol.dispose]());

/** Everything that a journal says. */
function contents(path: string): string {
  const opened = openJournal(path, { create: false, say() {} });
  const { db } = opened;
  try {
    if (!hasRun(db, path)) throw new UserError("no run");
    const { run, sessions } = readWhole(db, path);
    const earlier = new EarlierOutcomes(db);
    const numbers = [...Array.from({ length: COUNT }, (_, n) => n + 1), 100, 103];
    const outcomes = numbers.map((n) => {
      return earlier.find({ hash: hashText(String(n)).slice(), occurrence: 1, index: n });
    });
    return JSON.stringify([run, outcomes, readStatus({ db, run, sessions, running: false, now: 0 })]);
  } finally {
    closeJournal(opened);
  }
}

/** The same, or the line by which it is refused. */
function attempt(bytes: Uint8Array): string | UserError {
  for (const end of ["", "-wal", "-shm", "-lock"]) rmSync(at(`flipped${end}`), { force: true });
  writeFileSync(at("flipped"), bytes);
  try {
    return contents(at("flipped"));
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}

/** Numbers that are the same each time. */
function* numbers(seed: number): Generator<number> {
  for (let state = seed;;) yield (state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9 >>> 0);
}

describe("a journal in which a bit has changed", () => {
  test("is as it was, or refused, wherever the bit is", () => {
    const whole = attempt(journal);
    expect(whole).toContain("bad 103");
    const random = numbers(13);
    const counts = { same: 0, refused: 0 };
    for (let round = 0; round < 400; round++) {
      const bytes = Buffer.from(journal);
      let place = random.next().value! % bytes.length;
      // Most of a small file is free space.
      while (bytes[place] === 0 && place % 16_384 > 100) place = (place + 1) % bytes.length;
      bytes[place] ^= 1 << (random.next().value! >>> 7) % 8;
      const found = attempt(bytes);
      if (found instanceof UserError) counts.refused++;
      else {
        expect(found, `byte ${place}`).toBe(whole);
        counts.same++;
      }
    }
    expect(counts.refused).toBeGreaterThan(100);
  });

  test("is refused by the row's name, whatever column it is in", () => {
    copyFileSync(at("j"), at("columns"));
    const db = new DatabaseSync(at("columns"));
    for (const table of ["run", "segments", "failures", "sessions"]) {
      for (const [column, value] of Object.entries(db.prepare(`SELECT * FROM ${table}`).get()!)) {
        // The number of a row says nothing, and that of the format has words of its own.
        if (column === "id" || column === "version") continue;
        db.prepare(`UPDATE ${table} SET ${column} = ? WHERE id = 1`).run(changed(value));
        db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
        const found = attempt(readFileSync(at("columns")));
        expect(`${column} ${(found as UserError).message}`).toContain(`is damaged (row 1 of ${table})`);
        db.prepare(`UPDATE ${table} SET ${column} = ? WHERE id = 1`).run(value);
      }
    }
    db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    expect(typeof attempt(readFileSync(at("columns")))).toBe("string");
    db.close();
  });

  test("misses rows that are not there", () => {
    for (
      const [change, said] of [
        ["DELETE FROM segments WHERE id = 1", "1 row missing"],
        ["DELETE FROM failures", "5 rows missing"],
        ["DELETE FROM run", "malformed outcomes: run"],
      ]
    ) {
      writeFileSync(at("less"), journal);
      const db = new DatabaseSync(at("less"));
      db.exec(change);
      db.close();
      expect((attempt(readFileSync(at("less"))) as UserError).message).toContain(said);
    }
  });
});

describe("polyloop resume --repair", () => {
  /** Damages rows, goes on, and returns which inputs ran again. */
  async function repaired(change: string): Promise<string[]> {
    rmSync(at("j-wal"), { force: true });
    writeFileSync(at("j"), journal);
    for (const name of ["out", "err", "ran"]) writeFileSync(at(name), "");
    const db = new DatabaseSync(at("j"));
    db.exec(change);
    db.close();
    const refused = await polyloop(["resume", "j"], options);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("polyloop resume j --repair") });
    expect(await polyloop(["status", "j"], options)).toMatchObject({ code: 2, stderr: refused.stderr });
    const { code, stderr } = await polyloop(["resume", "j", "--repair"], options);
    expect(code, stderr).toBe(1);
    expect([readFileSync(at("out"), "utf8"), withoutTimes(readFileSync(at("err"), "utf8"))]).toEqual([
      out,
      withoutTimes(err),
    ]);
    expect((await polyloop(["status", "j"], options)).code).toBe(0);
    return [...new Set(readFileSync(at("ran"), "utf8").split("\n").filter(Boolean))].sort();
  }

  test("leaves out a damaged failure and runs its input again, and nothing else", async () => {
    expect(await repaired("UPDATE failures SET error = replace(error, 'bad 13', 'bad 14')")).toEqual(["13"]);
  });

  test("leaves out a damaged journal segment, and has what is run from a session", async () => {
    const change = "UPDATE segments SET results = results || 'x' WHERE id = (SELECT max(id) FROM segments)";
    expect(await repaired(`${change}; UPDATE run SET options = replace(options, '1ms', '2ms')`)).toEqual([
      "100",
    ]);
  });

  test("goes on without a session, or rows, that are lost", async () => {
    expect(await repaired("UPDATE sessions SET progress = replace(progress, ':', ' :')")).toEqual([]);
    expect(await repaired("DELETE FROM failures WHERE id = 1")).toHaveLength(1);
  });
});

function changed(value: unknown): string | number | Uint8Array {
  if (typeof value === "number") return value + 1;
  if (typeof value === "string") return `${value} `;
  if (value instanceof Uint8Array) return value.map((byte, place) => place === 0 ? byte ^ 4 : byte);
  return 1;
}

const withoutTimes = (lines: string) => lines.replace(/"stack":"[^"]*"/g, "");
