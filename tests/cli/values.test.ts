/** Values that JSON or JavaScript cannot hold: each is right, or fails its input with its place, or stands in the table of `help formats`. */
import { describe, expect, test } from "vitest";
import { polyloop } from "./one_process.ts";
import { folder } from "./polyloop.ts";

const SAME = ["run", "-e", "x => x"];

/** What a run says of each input: its text, or the error's words. */
async function outcomes(args: string[], stdin: string): Promise<string[]> {
  const { stdout } = await polyloop([...args, "--envelope"], { stdin });
  return stdout.trimEnd().split("\n").map((line) => {
    const { ok, error } = JSON.parse(line);
    if (ok) return line.replace(/^.*?"value":/, "").replace(/,"attempts":.*$/, "");
    return `${error.name}: ${error.message.replace("The result cannot be written as JSON: ", "")}`;
  });
}

const tooMuch = (place: string, number: string, other: string) =>
  `TaskInputError: input${place} is ${number}, which JavaScript would read as ${other}. ` +
  "Write the number in quotes, or read each line as a string with --from lines.";

describe("numbers of an input", () => {
  test("that JavaScript cannot hold fail, with their place; all others arrive", async () => {
    const cases = [
      ["9007199254740993", tooMuch("", "9007199254740993", "9007199254740992")],
      [
        '{"a":[1,{"b c":-9007199254740993}]}',
        tooMuch('.a[1]["b c"]', "-9007199254740993", "-9007199254740992"),
      ],
      ['{"s":"9007199254740993, \\"","b":[[],{},1e999]}', tooMuch(".b[2]", "1e999", "Infinity")],
      ["[-1E+400]", tooMuch("[0]", "-1E+400", "-Infinity")],
      ['{"x":1e-400}', tooMuch(".x", "1e-400", "0")],
      [
        '{"__proto__":{"n":1234567890123456789}}',
        tooMuch(".__proto__.n", "1234567890123456789", "1234567890123456800"),
      ],
      ["[9007199254740993.0]", tooMuch("[0]", "9007199254740993.0", "9007199254740992")],
      ["9007199254740992", "9007199254740992"],
      ["[9007199254740992.00,-0.0]", "[9007199254740992,0]"],
      ["123456789012345680000", "123456789012345680000"],
      ['{"s":"9007199254740993","z":0,"e":0e-999}', '{"s":"9007199254740993","z":0,"e":0}'],
      ["[1.7976931348623157e308,5e-324]", "[1.7976931348623157e+308,5e-324]"],
      ["[0.1234567890123456789,-0,1.0,1e2]", "[0.12345678901234568,0,1,100]"],
      ['{"a":1,"__proto__":{"b":2}}', '{"a":1,"__proto__":{"b":2}}'],
      ['"\\ud800"', '"\\ud800"'],
    ];
    const stdin = cases.map(([line]) => `${line}\n`).join("");
    expect(await outcomes(SAME, stdin)).toEqual(cases.map(([, outcome]) => outcome));
  });

  test("are looked at however deep they are nested; a result that JSON cannot be nested as deep as says so", async () => {
    const nested = (number: string) => "[".repeat(20_000) + number + "]".repeat(20_000);
    expect(await outcomes(["run", "-e", "x => 1"], nested("2"))).toEqual(["1"]);
    const [refused] = await outcomes(["run", "-e", "x => 1"], nested("9007199254740993"));
    expect(refused).toContain(tooMuch("[0]".repeat(20_000), "9007199254740993", "9007199254740992"));
    const tooDeep = "TaskCloneError: it is nested too deeply.";
    expect(await outcomes(SAME, nested("2"))).toEqual([tooDeep]);
  });

  test.each([["json", "[1,9007199254740993]"], ["jsonl", "1\n9007199254740993\n"]])(
    "fail alone in a batch (%s)",
    async (from, stdin) => {
      const { code, stdout, stderr } = await polyloop([
        "run",
        "-e",
        "xs => xs",
        "--batch",
        "2",
        "--from",
        from,
      ], {
        stdin,
      });
      expect([code, stdout]).toEqual([1, "1\n"]);
      expect(stderr).toContain("input is 9007199254740993, which JavaScript would read as 9007199254740992.");
    },
  );
});

describe("results", () => {
  const failing: [source: string, error: string][] = [
    ["{ items: [1, 2, 3, NaN] }", "result.items[3] is NaN. Return null or a string instead."],
    ["-Infinity", "it is -Infinity. Return null or a string instead."],
    [
      '{ a: { "b c": new Map() } }',
      'result.a["b c"] is a Map. Return Object.fromEntries(map) instead.',
    ],
    ["[new Set([1])]", "result[0] is a Set. Return [...set] instead."],
    ["{ f() {} }", "result.f is a function."],
    ["[Symbol()]", "result[0] is a symbol."],
    ["{ n: [1n] }", "result.n[0] is a BigInt. Return String(value) instead."],
    ["{ d: new Date(NaN) }", "result.d is an invalid Date. Return null or a string instead."],
    [
      "{ u: new Uint8Array(2) }",
      "result.u is a Uint8Array. Return [...array] or base64 instead.",
    ],
    [
      "new ArrayBuffer(2)",
      "it is an ArrayBuffer. Return [...new Uint8Array(buffer)] or base64 instead.",
    ],
    [
      "{ e: new RangeError('x') }",
      "result.e is an Error. Throw it, or return its message.",
    ],
    ["{ r: /x/ }", "result.r is a RegExp. Return its source instead."],
    ["{ p: Promise.resolve(1) }", "result.p is a Promise. Await it."],
    ["{ b: new Blob(['x']) }", "result.b is a Blob. Return await blob.text() instead."],
    [
      "[new Headers()]",
      "result[0] is a Headers. Return Object.fromEntries(headers) instead.",
    ],
    ["new (class Empty { #a = 1 })", "it is an Empty without public fields."],
    ["{ j: { toJSON: () => ({ n: NaN }) } }", "result.j.n is NaN. Return null or a string instead."],
    ["(() => { const a = {}; a.b = [a]; return a; })()", "result.b[0] is an object that contains itself."],
    ["[[].values()]", "result[0] is an Array Iterator."],
    ["{ a: { toJSON() { throw new RangeError('no') } } }", "RangeError: no"],
    ["{ get a() { throw { code: 7 } } }", 'it threw {"code":7}'],
  ];
  const written: [source: string, json: string][] = [
    ["-0", "0"],
    ["undefined", "null"],
    ["[undefined, 1, , 2]", "[null,1,null,2]"],
    ["{ a: undefined, b: 1, [Symbol()]: 2 }", '{"b":1}'],
    ["{ d: new Date(0), u: new URL('http://x/') }", '{"d":"1970-01-01T00:00:00.000Z","u":"http://x/"}'],
    ["new (class Point { x = 1 })", '{"x":1}'],
    ["{ toJSON: () => 'text' }", '"text"'],
    ["[new Number(3), new String('s')]", '[3,"s"]'],
    ["Object.assign(Object.create(null), { a: null })", '{"a":null}'],
    ["'\\ud800'", '"\\ud800"'],
    ["{ b: 1, 2: 0 }", '{"2":0,"b":1}'],
  ];

  test.each(["thread", "process"])(
    "that JSON would change fail, with their place; all others are written (%s)",
    async (isolation) => {
      using dir = folder({
        "t.ts": `const values = [${
          [...failing, ...written].map(([source]) => `() => (${source})`).join(",\n")
        }];\n` +
          "export default (at: number) => values[at]();",
      });
      const stdin = [...failing, ...written].map((_, at) => `${at}\n`).join("");
      expect(await outcomes(["run", `${dir.path}/t.ts`, "--isolation", isolation], stdin)).toEqual([
        ...failing.map(([, error]) => `TaskCloneError: ${error}`),
        ...written.map(([, json]) => json),
      ]);
    },
  );

  test("half of a surrogate pair fails where the output is UTF-8, and not JSON", async () => {
    for (const to of ["lines", "csv"]) {
      const source = to === "lines" ? '() => "\\ud800"' : '() => ({ a: "\\ud800" })';
      const { code, stdout, stderr } = await polyloop(["run", "-e", source, "--to", to], { stdin: "1\n" });
      expect([code, stdout]).toEqual([1, ""]);
      expect(stderr).toContain(
        'The result cannot be written as UTF-8: it contains half of a surrogate pair: "\\ud800"',
      );
    }
  });
});
