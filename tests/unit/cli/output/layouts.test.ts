/** How results are laid out in their file. */
import { describe, expect, test } from "vitest";
import { Lines } from "../../../../lib/wire/lines.ts";
import { CsvLayout } from "../../../../lib/cli/output/csv_layout.ts";
import { failedInput, failureEnvelope, successEnvelope } from "../../../../lib/cli/output/record.ts";

function lay(layout: CsvLayout, ...results: unknown[]): { text: string; refused: [number, string][] } {
  const refused: [number, string][] = [];
  const texts = results.map((result) => JSON.stringify(result));
  const text = layout.lay(texts, (at, { message }) => refused.push([at, message]));
  return { text, refused };
}

const layout = () => new CsvLayout({ separator: ",", header: undefined });

describe("CsvLayout", () => {
  test("the keys of the first result are the header; values are quoted where they must be", () => {
    const first = { a: 1, b: 'say "hi"', c: "x,y", d: "line\nbreak", e: "r\r", f: null, g: [1] };
    expect(lay(layout(), first).text).toBe(
      'a,b,c,d,e,f,g\n1,"say ""hi""","x,y","line\nbreak","r\r",,[1]\n'.replace(",[1]\n", ",[1]\n"),
    );
  });

  test("a key without a column, an object without keys and half a surrogate pair are refused; the others are written", () => {
    const { text, refused } = lay(layout(), {}, { a: 1 }, { a: 2, z: 3 }, { a: "\ud800" }, {}, { a: 4 });
    expect(text).toBe('a\n1\n""\n4\n');
    expect(refused.map(([at]) => at)).toEqual([0, 2, 3]);
    expect(refused[1][1]).toMatch(
      /there is no column for its key "z".*columns are the keys of the first result: a\./,
    );
  });
});

describe("rows that workers have written", () => {
  const linesOf = (text: string) => new Lines(new TextEncoder().encode(text), text.split("\n").length - 1);

  test("may come once the header is known, and stand between objects as they are", () => {
    const csv = layout();
    expect(csv.rows).toBeUndefined();
    const texts = ['{"a":1,"b":2}', "3,4", '"x,y",', '{"b":"p\\nq","a":5}', "6,7"];
    expect(csv.lay(texts, () => {})).toBe('a,b\n1,2\n3,4\n"x,y",\n5,"p\nq"\n6,7\n');
    expect(csv.rows).toEqual({ columns: ["a", "b"], separator: "," });
  });

  test("are laid out if no line is an object", () => {
    expect(layout().areLaidOut(linesOf('1,2\n"{",{\n'))).toBe(true);
    expect(layout().areLaidOut(linesOf('1,2\n{"a":1}\n'))).toBe(false);
    expect(layout().areLaidOut(linesOf('{"a":1}\n1,2\n'))).toBe(false);
    // A part of a block.
    expect(layout().areLaidOut(linesOf('{"a":1}\n1,2\n3,4\n').slice(1, 3))).toBe(true);
  });
});

test("envelopes and failed inputs contain JSON as it is", () => {
  const run = { index: 3, attempts: 2, ms: 1.26 };
  const error = { name: "Error", message: "no", stack: "" };
  expect(JSON.parse(successEnvelope(run, '{"a":1.0}'))).toEqual({
    index: 3,
    ok: true,
    value: { a: 1 },
    attempts: 2,
    ms: 1.3,
  });
  expect(successEnvelope(run, "1.0")).toContain('"value":1.0');
  expect(JSON.parse(failureEnvelope(run, error))).toEqual({
    index: 3,
    ok: false,
    error,
    attempts: 2,
    ms: 1.3,
  });
  const origin = { index: 3, number: 4, line: " {bad ", place: "line 4" };
  expect(JSON.parse(failedInput(run, origin, { error, json: true })))
    .toEqual({ index: 3, line: 4, input: " {bad ", error, attempts: 2 });
  expect(failedInput(run, { ...origin, line: " 1.0 ", file: "f" }, { error, json: true })).toContain(
    '"file":"f","line":4,"input":1.0,',
  );
});
