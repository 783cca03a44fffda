/** Option values, as text and checked. */
import { describe, expect, test } from "vitest";
import { checkRunOptions } from "../../lib/cli/flags/options.ts";
import { parseDuration } from "../../lib/cli/flags/values/amounts.ts";
import { messageFrom } from "./message_from.ts";

const messageFor = (flags: Record<string, unknown>) =>
  messageFrom(() => checkRunOptions({ module: "t.ts", ...flags }));

describe("parseDuration()", () => {
  test.each([["250ms", 250], ["30s", 30_000], ["1.5s", 1_500], ["5m", 300_000], ["2h", 7_200_000], [
    "0s",
    0,
  ]])(
    "%s is %d ms",
    (text, ms) => expect(parseDuration(text)).toBe(ms),
  );

  test.each(["", "30", "s", "-1s", "1 s", "1d", "soon", "1e3ms", "0x10s"])("%j is no duration", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});

describe("checkRunOptions()", () => {
  test.each(["0", "-1", "1.5", "x", "", "1e3", "99999999999999999999"])(
    "workers %j is refused",
    (workers) => {
      expect(messageFor({ workers })).toBe(
        `--workers: expected a whole number of at least 1, got ${JSON.stringify(workers)}`,
      );
    },
  );

  test.each([
    [{ concurrency: "x" }, '--concurrency: expected a whole number of at least 1, or auto, got "x"'],
    [{ isolation: "fork" }, '--isolation: expected thread or process or none, got "fork"'],
    [{ from: "xml" }, '--from: expected jsonl or json or lines or nul or csv or tsv, got "xml"'],
    [{ to: "xml" }, '--to: expected jsonl or json or csv or tsv or lines, got "xml"'],
    [{ progress: "bar" }, '--progress: expected auto or plain or json or none, got "bar"'],
    [{ timeout: "soon" }, /^--timeout: expected a duration such as 250ms.*, got "soon"$/],
    [{ timeout: "0s" }, /^--timeout: expected a duration .* \(more than 0, at most 596h\), got "0s"$/],
    [{ timeout: "1000h" }, /^--timeout: expected a duration/],
    [{ grace: "5" }, /^--grace: expected a duration/],
    [{ errors: "-" }, /^--errors: expected a file/],
    [{ input: "" }, /^--input: expected a file/],
    [{ input: ["a", ""] }, '--input: expected a file, or "-", got ""'],
    [{ input: [] }, '--input: expected a file, or "-", got []'],
    [
      { to: "csv", envelope: true },
      "--envelope: an envelope cannot be written as a CSV row: use --to jsonl or --to json",
    ],
  ])("%j is refused in one line", (flags, message) => {
    if (typeof message === "string") expect(messageFor(flags)).toBe(message);
    else expect(messageFor(flags)).toMatch(message);
  });

  test("a grace period of nothing is allowed", () => {
    expect(messageFor({ grace: "0ms" })).toBe("");
  });
});
