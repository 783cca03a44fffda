/** The values of the flags that steer a run. */
import { describe, expect, test } from "vitest";
import { checkRunOptions } from "../../lib/cli/flags/options.ts";
import { foundText, parseRate } from "../../lib/cli/flags/values/rate.ts";
import { countOr, parseLimit, parseSize } from "../../lib/cli/flags/values/amounts.ts";
import { limitPerOf, ratesOf } from "../../lib/cli/run/input_limits.ts";
import { messageFrom } from "./message_from.ts";

/** What is wrong with a value of a flag. */
function refusal(flags: Record<string, unknown>): string {
  return messageFrom(() => checkRunOptions({ module: "t.ts", ...flags }));
}

describe("--rate", () => {
  test.each([
    ["100/s", 100, 1_000, undefined],
    ["10/m", 10, 60_000, undefined],
    ["0.5/h", 0.5, 3_600_000, undefined],
    ["90000/m:tokens", 90_000, 60_000, "tokens"],
    ["7/s:a,auto:b", 7, 1_000, "a,auto:b"],
    ["5/s:usage.total tokens", 5, 1_000, "usage.total tokens"],
  ])("%s is %d in %d ms of %s", (text, amount, perMs, field) => {
    expect(parseRate(text)).toEqual({ text, amount, perMs, ...(field === undefined ? {} : { field }) });
  });

  test.each([["100/s,auto", undefined, "52.3/s"], ["9/m:n,auto", "n", "52.3/m:n"]])(
    "%s finds its amount, and says it as %s",
    (text, field, found) => {
      const rate = parseRate(text)!;
      expect([rate.field, rate.auto, foundText(rate, 52.345)]).toEqual([field, true, found]);
    },
  );

  /** What an input counts for. */
  function weightOf(rate: string, line: string, from = "jsonl"): number {
    const [first, second] = ratesOf(checkRunOptions({ module: "t.ts", from, rate: ["9/s", rate] }))!;
    expect(first).toEqual({ tasks: 9, perMs: 1_000 });
    return "weight" in second ? second.weight(line) : NaN;
  }

  test.each([
    ["90/m:n", '{"n":12}', 12],
    ["90/m:n", '{"n":0}', 0],
    ["90/m:n", '{"n":0.5}', 0.5],
    ["90/m:n", '{"n":"12"}', 12],
    ["90/m:usage.n", '{"usage":{"n":7}}', 7],
    ["90/m:a:b", '{"a:b":3}', 3],
    ["90/m:n", '{"n":"many"}', 0],
    ["90/m:n", '{"n":""}', 0],
    ["90/m:n", '{"n":null}', 0],
    ["90/m:n", '{"n":-1}', 0],
    ["90/m:n", '{"n":[1]}', 0],
    ["90/m:n", "[1", 0],
  ])("--rate %s of %s counts %d", (rate, line, weight) => expect(weightOf(rate, line)).toBe(weight));

  test("an input that counts more than the rate allows fails, and texts have no fields", () => {
    expect(() => weightOf("90/m:n", '{"n":91}')).toThrow(
      "--rate 90/m:n: the field n is 91, which is more than the rate ever allows",
    );
    expect(() => weightOf("90/m:n", "5", "lines")).toThrow(
      '--rate 90/m:n: with --from lines an input is a text, which has no field "n"',
    );
  });

  test.each([
    "100",
    "0/s",
    "x/s",
    "1/d",
    "-1/s",
    "1/ms",
    "0.001/h",
    "",
    " 1/s",
    "1/s:",
    "0/s:n",
    "1/s,auto,auto",
    "1/s,fast",
    ",auto",
    [
      "1/s",
      "x",
    ],
  ])(
    "%j is refused",
    (rate) => {
      expect(refusal({ rate })).toBe(
        "--rate: expected a number of starts per interval such as 100/s, 10/m or 500/h, or a sum of a field such as " +
          `90000/m:tokens, got ${JSON.stringify(Array.isArray(rate) ? rate[1] : rate)}`,
      );
    },
  );

  test("of a field is refused where a call has several inputs", () => {
    expect(refusal({ rate: ["1/s", "9/s:n"], batch: "2" })).toBe(
      "--rate 9/s:n: cannot be used with --batch, whose inputs run in one call: remove one of the two",
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
    return limitPerOf(checkRunOptions({ module: "t.ts", from, limitPer: `${field}=1` }))!.key(input);
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
  expect(countOr("auto").check(text)).toEqual(concurrency);
});

test.each(["0", "-1", "Auto", "1.5", ""])("-c %j is refused", (concurrency) => {
  expect(refusal({ concurrency })).toBe(
    `--concurrency: expected a whole number of at least 1, or auto, got ${JSON.stringify(concurrency)}`,
  );
});
