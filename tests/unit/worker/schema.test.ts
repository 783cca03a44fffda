import { describe, expect, test } from "vitest";
import { checkBy, checked } from "../../../lib/worker/schema.ts";

type Issue = { message: string; path?: unknown[] };

/** A module that exports a schema as `input`: it returns this result. */
const exporting = (result: unknown) => ({ input: { "~standard": { validate: () => result } } });
const failing = (...issues: Issue[]) => checkBy("input", exporting({ issues }));

describe("a check", () => {
  test("returns the value that the schema has made", () => {
    expect(checkBy("input", exporting({ value: 7 }))("7")).toBe(7);
  });

  test("may take its time", async () => {
    expect(await checkBy("input", exporting(Promise.resolve({ value: 7 })))("7")).toBe(7);
  });

  test.each<[unknown[] | undefined, string]>([
    [undefined, "(input): is odd"],
    [["user", "emails", 0], "user.emails[0]: is odd"],
    [[{ key: "e mail" }, "to"], '["e mail"].to: is odd'],
  ])("names the place %j of an issue", (path, words) => {
    expect(() => failing({ message: "is odd", path })(1)).toThrow(
      `The input does not fit the schema: ${words}`,
    );
  });

  test("names three issues, and counts the rest", () => {
    const issues = ["a", "b", "c", "d", "e"].map((message) => ({ message }));
    expect(() => failing(...issues)(1)).toThrow(/: a; \(input\): b; \(input\): c; and 2 more$/);
  });
});

test.each([
  ["missing", {}, 'exports no "input" to check inputs by'],
  ["inherited", Object.create({ input: exporting({}).input }), 'exports no "input"'],
  ["a text", { input: "zod" }, "which is no Standard Schema"],
  ["without validate", { input: { "~standard": {} } }, "which is no Standard Schema"],
])("an export that is %s is refused", (_, exports, words) => {
  expect(() => checkBy("input", exports)).toThrow(words);
});

test("a schema may be a function", () => {
  const input = Object.assign(() => {}, { "~standard": { validate: () => ({ value: 1 }) } });
  expect(checkBy("input", { input })(0)).toBe(1);
});

test("a checked task gets the value, at once or when it is there, with its context", async () => {
  const call = (input: unknown, context: string) => `${input} ${context}`;
  expect(checked(call, () => "now")(0, "here")).toBe("now here");
  expect(await checked(call, () => Promise.resolve("later"))(0, "here")).toBe("later here");
});
