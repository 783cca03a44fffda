/** The values of the flags that steer a run. */
import { describe, expect, test } from "vitest";
import { checkRunOptions } from "../../lib/cli/flags/options.ts";
import { limitPerOf } from "../../lib/cli/run/limit_key.ts";
import { countOr, parseLimit, parseRate, parseSize } from "../../lib/cli/flags/values.ts";

/** What is wrong with a value of a flag. */
function refusal(flags: Record<string, unknown>): string {
  const checked = checkRunOptions({ module: "t.ts", ...flags });
  return checked.ok ? "" : checked.message;
}

describe("--rate", () => {
  test.each([["100/s", 100, 1_000], ["10/m", 10, 60_000], ["0.5/h", 0.5, 3_600_000]])(
    "%s is %d in %d ms",
    (text, tasks, perMs) => expect(parseRate(text)).toEqual({ tasks, perMs }),
  );

  test.each(["100", "0/s", "x/s", "1/d", "-1/s", "1/ms", "0.001/h", "", " 1/s"])("%j is refused", (rate) => {
    expect(refusal({ rate })).toBe(
      `--rate: expected a number of starts per interval such as 100/s, 10/m or 500/h, got ${
        JSON.stringify(rate)
      }`,
    );
  });
});

describe("--limit-per", () => {
  test.each([["host=2", "host", 2], ["user.id=10", "user.id", 10], ["a=b=1", "a=b", 1]])(
    "%s: of %s, %d",
    (text, field, most) => expect(parseLimit(text)).toEqual({ field, most }),
  );

  test.each(["", "host", "host=", "=2", "host=0", "host=1.5", "host=-1", "host=99999999999999999999"])(
    "%j is refused",
    (limitPer) => {
      expect(refusal({ limitPer })).toBe(
        `--limit-per: expected a field and a number of tasks, such as host=2 or user.id=1, got ${
          JSON.stringify(limitPer)
        }`,
      );
    },
  );

  /** What an input counts for. */
  function keyOf(field: string, input: unknown, from = "jsonl") {
    const checked = checkRunOptions({ module: "t.ts", from, limitPer: `${field}=1` });
    if (!checked.ok) throw new Error(checked.message);
    return limitPerOf(checked.value)!.key(input);
  }

  test.each([
    ['"http://a.example:80/x"', "a.example"],
    ['"https://a.example:8443/x"', "a.example:8443"],
    ['{"url":"http://b/"}', "b"],
    ['{"url":"http://b/","host":"c"}', "b"],
    ['{"host":"c"}', '"c"'],
    ['{"url":7}', undefined],
    ['"mailto:x@y"', undefined],
    ["[1", undefined],
    ["null", undefined],
  ])("host of %s is %s", (line, key) => expect(keyOf("host", line)).toBe(key));

  test("host of a text is that of the URL that it is", () => {
    expect(keyOf("host", "http://a/1", "lines")).toBe("a");
    expect(keyOf("host", "a/1", "lines")).toBeUndefined();
  });

  test.each([
    ["id", '{"id":1}', "1"],
    ["id", '{"id":"1"}', '"1"'],
    ["a.b", '{"a":{"b":true}}', "true"],
    ["a.b", '{"a.b":1,"a":{"b":2}}', "1"],
    ["a.1", '{"a":[5,6]}', "6"],
    ["id", '{"id":null}', undefined],
    ["constructor", "{}", undefined],
    ["a.b", '{"a":1}', undefined],
  ])("field %s of %s is %s", (field, line, key) => expect(keyOf(field, line)).toBe(key));
});

test.each([["512mb", 512 * 1024 ** 2], ["1.5GB", 1.5 * 1024 ** 3], ["64kb", 65_536]])(
  "--memory %s is %d bytes",
  (text, bytes) => expect(parseSize(text)).toBe(bytes),
);

test.each(["", "2", "2g", "gb", "-1gb", "0mb", "1tb", "1 gb"])("--memory %j is refused", (memory) => {
  expect(refusal({ memory })).toBe(
    `--memory: expected a size such as 512mb or 2gb, got ${JSON.stringify(memory)}`,
  );
});

test.each([["auto", "auto"], ["1", 1], ["64", 64]])("-c %s is %s", (text, concurrency) => {
  expect(countOr("auto").check(text)).toEqual({ value: concurrency });
});

test.each(["0", "-1", "Auto", "1.5", ""])("-c %j is refused", (concurrency) => {
  expect(refusal({ concurrency })).toBe(
    `--concurrency: expected a whole number of at least 1, or auto, got ${JSON.stringify(concurrency)}`,
  );
});
