import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { TextWriter } from "../../../../lib/cli/output/text_writer.ts";

let folder: string;
let path: string;
let fd: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "polyloop-writer-"));
  path = join(folder, "out");
  fd = openSync(path, "w");
});

afterEach(() => {
  closeSync(fd);
  rmSync(folder, { recursive: true });
});

const content = () => readFileSync(path, "utf8");
const bytes = (text: string) => new TextEncoder().encode(text);

/** A writer that must not fail. */
const writer = (packing?: ConstructorParameters<typeof TextWriter>[2]) =>
  new TextWriter(fd, (error) => {
    throw error;
  }, packing);

test("lines, bytes and text stand in the order in which they were added", async () => {
  const out = writer();
  out.line("a");
  out.lines(bytes("b\nc\n"));
  out.line("d");
  out.text("e");
  out.text("");
  await out.flush();
  expect(content()).toBe("a\nb\nc\nd\ne");
});

test("a few lines ask nobody to wait; more than a megabyte does, until it is written", async () => {
  const out = writer();
  expect(out.line("short")).toBeUndefined();
  expect(out.line("x".repeat(100_000))).toBeUndefined();
  const wait = out.line("y".repeat(1_100_000));
  expect(wait).toBeInstanceOf(Promise);
  await wait;
  expect(content().length).toBe(6 + 100_001 + 1_100_001);
});

test("what is added while it writes is written, too", async () => {
  const out = writer();
  out.line("a".repeat(70_000));
  out.line("b");
  await out.flush();
  expect(content().endsWith("a\nb\n")).toBe(true);
});

test("a failure is told once; what comes then is dropped", async () => {
  const failures: unknown[] = [];
  const closed = openSync(path, "r");
  const out = new TextWriter(closed, ({ code }) => void failures.push(code));
  out.line("a");
  await out.flush();
  expect(out.line("b")).toBeUndefined();
  await out.finish();
  closeSync(closed);
  expect([failures.length, content()]).toEqual([1, ""]);
});

test("an archive gets all bytes, and its end", async () => {
  const log: string[] = [];
  const out = writer({
    push(part) {
      log.push(new TextDecoder().decode(part));
      return Promise.resolve(part);
    },
    flush: () => Promise.resolve(bytes("")),
    end: () => Promise.resolve(bytes("END")),
  });
  out.line("a");
  await out.flush();
  out.line("b");
  await out.finish();
  expect([log, content()]).toEqual([["a\n", "b\n"], "a\nb\nEND"]);
});
