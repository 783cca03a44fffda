import { expect, test } from "vitest";
import { alike, ErrorGroups } from "../../../../../lib/cli/report/recording/error_groups.ts";

const example = { index: 0, line: 1, input: "x", ok: false, ms: 1, attempts: 1 };
const error = (message: string, name = "Error") => ({ name, message, stack: `${name}: ${message}` });

test("messages are alike that differ in URLs, quoted text and numbers", () => {
  expect(alike("GET https://a.example/x?1 gave 404")).toBe(alike("GET http://b.example gave 503"));
  expect(alike(`no field "a" in 'b'`)).toBe(alike(`no field "c" in 'd'`));
  expect(alike("id 0af3c9d2e1")).toBe(alike("id 7"));
  expect(alike("request 1498c970-1d12-481f-891c-48cce3113a40 failed"))
    .toBe(alike("request abcdef0a-bcde-4fab-8abc-defabcdefab9 failed"));
  expect(alike("401 (req_8fa3b2c1Xy)")).toBe(alike("401 (req_011CSHoEeqs9)"));
  expect(alike("ERR_HTTP2_PING_CANCEL")).not.toBe(alike("ERR_HTTP2_GOAWAY_SESSION"));
  expect(alike("timed out")).not.toBe(alike("refused"));
});

test("groups are the most frequent first, with five examples each", () => {
  const groups = new ErrorGroups();
  groups.add(error("rare"), () => example);
  for (let count = 0; count < 7; count++) {
    groups.add(error(`line ${count}`), () => ({ ...example, line: count }));
  }
  groups.add(error("rare", "TypeError"), () => example);
  expect(groups.list().map(({ name, message, count, samples }) => [name, message, count, samples.length]))
    .toEqual([
      ["Error", "line 0", 7, 5],
      ["Error", "rare", 1, 1],
      ["TypeError", "rare", 1, 1],
    ]);
});

test("beyond fifty groups, errors are counted", () => {
  const groups = new ErrorGroups();
  for (let count = 0; count < 60; count++) groups.add(error("x", `Error${"E".repeat(count)}`), () => example);
  groups.add(error("x"), () => example);
  expect([groups.list().length, groups.others, groups.list()[0].count]).toEqual([50, 10, 2]);
});
