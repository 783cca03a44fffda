/** Which failures are shown, and which only counted. */
import { beforeEach, expect, test, vi } from "vitest";
import { ErrorKinds } from "../../../../lib/cli/progress/error_kinds.ts";
import { Failures } from "../../../../lib/cli/progress/failures.ts";

const printed: string[] = [];
vi.mock("../../../../lib/cli/progress/terminal.ts", () => ({
  printLine: (line: string) => printed.push(line),
  printObject: (line: string) => printed.push(line),
}));
beforeEach(() => void (printed.length = 0));

const text = {
  line: (error: unknown) => `Error: ${(error as Error).message}`,
  record: ({ name, message }: Error) => ({ name, message, stack: "" }),
} as unknown as ConstructorParameters<typeof Failures>[0]["text"];
const failure = (index: number) => ({ index, number: index + 1, place: `line ${index + 1}` });

test("the first ten are shown, the others counted at the end", () => {
  const failures = new Failures({ text, asObjects: false });
  for (let index = 0; index < 1_012; index++) failures.add(failure(index), new Error("no"));
  failures.finish("--errors FILE keeps them all");
  expect(printed).toHaveLength(11);
  expect(printed[0]).toBe("line 1: Error: no");
  expect(printed[10]).toBe("… and 1,002 more (--errors FILE keeps them all)");
});

test("over a broker, the flag that grants a denied access is one of the worker", () => {
  new Failures({ text, asObjects: false, isOverBroker: true })
    .add(failure(0), new Error("no net"), { permission: "net", access: "a.example" });
  expect(printed[1]).toContain("--allow-net of polyloop worker grants this");
});

test("a denied access is shown once, with the flag that grants it", () => {
  const failures = new Failures({ text, asObjects: false });
  for (let index = 0; index < 5; index++) {
    failures.add(failure(index), new Error("no net"), { permission: "net", access: "a.example" });
  }
  failures.finish("");
  expect(printed).toEqual([
    "line 1: Error: no net",
    expect.stringContaining("--allow-net grants this"),
    expect.stringMatching(/^… and 4 more inputs failed for the same reason: --allow-net/),
  ]);
});

test("programs get objects", () => {
  new Failures({ text, asObjects: true }).add({ ...failure(2), file: "a" }, new RangeError("no"));
  expect(JSON.parse(printed[0])).toEqual({
    type: "failure",
    index: 2,
    line: 3,
    file: "a",
    place: "line 3",
    name: "RangeError",
    message: "no",
    text: "Error: no",
  });
});

test("errors that differ in numbers are one kind; after fifty kinds the rest is counted", () => {
  const kinds = new ErrorKinds();
  for (let n = 0; n < 10; n++) kinds.add(new Error(`bad ${n}`), () => `Error: bad ${n}`);
  const word = (n: number) => String.fromCharCode(103 + n % 20).repeat(1 + Math.floor(n / 20));
  for (let n = 0; n < 60; n++) kinds.add(new Error(word(n)), () => word(n));
  expect(kinds.list()[0]).toEqual({ text: "Error: bad 0", count: 10 });
  expect(kinds.list()).toHaveLength(50);
  expect(kinds.others).toBe(11);
});
