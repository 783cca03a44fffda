/** CSV as it is out there: separators, headers of any kind, encodings, and how it is written. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { CsvSplitter } from "../../lib/cli/input/formats/csv_splitter.ts";
import { polyloop } from "./one_process.ts";
import { folder } from "./polyloop.ts";
import { startSync } from "../program.ts";

const SAME = ["run", "-e", "x => x"];
const hasPython = startSync("python3", ["--version"]).status === 0;
const csv = (stdin: string | Uint8Array, ...args: string[]) =>
  polyloop([...SAME, "--from", "csv", ...args], { stdin });

describe("a separator", () => {
  test.each([
    ["tabs", ["--from", "tsv", "--to", "tsv"], 'a\tb\n1\t"x\ty"\n'],
    [
      "of its own is that of the output, too",
      ["--from", "csv", "--to", "csv", "--separator", ";"],
      'a;b\n1;"x;y"\n',
    ],
    ["by its name", ["--from", "csv", "--to", "csv", "--separator", "tab"], "a\tb\n1\t2\n"],
  ])("%s", async (_, args, text) => {
    const { code, stdout } = await polyloop([...SAME, ...args], { stdin: text });
    expect([code, stdout]).toEqual([0, text]);
  });

  test("of the output may be another", async () => {
    const args = ["--separator", ";", "--to-separator", ",", "--to", "csv"];
    expect((await csv("a;b\n1;2,3\n", ...args)).stdout).toBe('a,b\n1,"2,3"\n');
  });

  test("is what a line sep= says, which is no header; a flag counts more", async () => {
    expect((await csv('sep=;\r\na;b\r\n1;"2;3"\r\n')).stdout).toBe('{"a":"1","b":"2;3"}\n');
    expect((await csv("sep=,\na,b\n1,2\n")).stdout).toBe('{"a":"1","b":"2"}\n');
    expect((await csv("sep=,\na;b\n1;2\n", "--separator", ";")).stdout).toBe('{"a":"1","b":"2"}\n');
  });

  test.each([
    ["a;b;c\n1;2;3\n", `the header has one column, "a;b;c"; with --separator ';' it has 3`],
    ["a\tb\n1\t2\n", 'the header has one column, "a\\tb"; with --from tsv it has 2'],
  ])("that was not given is named: %j", async (stdin, note) => {
    expect((await csv(stdin)).stderr).toContain(`polyloop: stdin: ${note}\n`);
    expect((await csv(stdin, "--dry-run")).stderr).toContain(`polyloop: stdin: ${note}\n`);
  });

  test.each([";;", "", '"'])("%j is refused", async (separator) => {
    const { code, stderr } = await csv("a\n", "--separator", separator);
    expect(code).toBe(2);
    expect(stderr).toContain('--separator: expected a character such as ";" or the word tab');
  });
});

describe("rows of the output", () => {
  // More than are in flight before the header is known, so that workers write most rows.
  const COUNT = 30_000;
  const values = [
    "plain",
    "a,b",
    'say "hi"',
    "",
    "two\nlines",
    "r\rr",
    "{",
    "ünï",
    1.5,
    -0,
    1e21,
    true,
    null,
    [1],
    { x: "y" },
  ];
  const odd = (at: number) =>
    at % 97 === 5 ? { b: 1, a: 2 } : at % 89 === 7 ? { a: at, c: 1 } : at % 83 === 9 ? { a: at } : undefined;
  const inputs = Array.from(
    { length: COUNT },
    (_, at) => odd(at) ?? { a: values[at % values.length], b: values[Math.floor(at / 15) % values.length] },
  );
  const stdin = inputs.map((input) => `${JSON.stringify(input)}\n`).join("");

  test.each([[["csv"]], [["tsv"]], [["csv", "--isolation", "process"]], [["csv", "--batch", "10"]]])(
    "are the same, byte for byte, whether workers or the main thread write them: --to %j",
    async (args) => {
      using dir = folder();
      const run = async (...more: string[]) => {
        const errors = join(dir.path, `errors${more.length}.jsonl`);
        const all = [...SAME, "--to", ...args, "--errors", errors, ...more];
        const { code, stdout } = await polyloop(all, { stdin });
        return { code, stdout, failed: readFileSync(errors, "utf8") };
      };
      const byWorkers = await run();
      // With a journal, the main thread writes all rows.
      expect(byWorkers).toEqual(await run("--journal", join(dir.path, "j.sqlite")));
      expect(byWorkers.code).toBe(1);
    },
  );
});

test("the outcomes are the same whether workers or the main thread read the rows", async () => {
  using dir = folder();
  const rows = Array.from({ length: 30_000 }, (_, at) => {
    const end = at % 7 === 0 ? "\r\n" : "\n";
    const name = at % 11 === 0 ? `"say ""${at}"", ${at % 4_004 === 0 ? "\n" : ""}é"` : `user ${at}`;
    return `${at % 97 === 5 ? "" : `${at},`}${name}${end}`;
  });
  const task = `(row, context) => {
    if (row.id?.endsWith("013")) throw new Error("no " + JSON.stringify(row));
    if (row.id?.endsWith("500")) context.add({ name: row.name, id: row.id });
    if (row.id?.endsWith("501")) context.add([row.id]);
    return row;
  }`;
  const run = async (name: string, ...more: string[]) => {
    const errors = join(dir.path, name);
    const args = [
      "run",
      "-e",
      task,
      "--from",
      "csv",
      "--retries",
      "1",
      "--backoff",
      "1ms",
      "--errors",
      errors,
      ...more,
    ];
    const { code, stdout } = await polyloop(args, { stdin: `id,name\n${rows.join("")}` });
    return { code, stdout, failed: readFileSync(errors, "utf8") };
  };
  const byWorkers = await run("workers");
  // A journal needs each input as JSON.
  expect(byWorkers).toEqual(await run("main", "--journal", join(dir.path, "j.sqlite")));
  expect(byWorkers.stdout.split("\n")).toHaveLength(30_000 - 30 - 309 + 30 + 1);
  expect(byWorkers.failed).toContain("The row has 1 value, the header 2");
});

test.each([
  [["--from", "jsonl", "--separator", ";"], "--separator applies to --from csv and --to csv only"],
  [
    ["--from", "tsv", "--to", "csv", "--separator", ";"],
    "--separator applies to --from csv and --to csv only",
  ],
  [["--from", "csv", "--to-separator", ";"], "--to-separator applies to --to csv only"],
  [["--from", "lines", "--header", "a"], "--header applies to --from csv and --from tsv only"],
  [["--from", "lines", "--no-header"], "--no-header applies to --from csv and --from tsv only"],
])("%j has no effect, and is refused", async (args, reason) => {
  const { code, stdout, stderr } = await polyloop([...SAME, ...args], { stdin: "{}\n" });
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toContain(`polyloop: ${reason}; here the formats are --from ${args[1]} and --to `);
});

describe("a header", () => {
  test("that is not there is given as names, or numbered", async () => {
    expect((await csv("1,2\n", "--header", "x,y")).stdout).toBe('{"x":"1","y":"2"}\n');
    expect(await csv("1,2\n3\n", "--no-header")).toMatchObject({
      code: 1,
      stdout: '{"column1":"1","column2":"2"}\n',
    });
  });

  test.each(["", "a,a", "a,,b"])("%j as names is refused", async (header) => {
    const { code, stderr } = await csv("1,2\n", "--header", header);
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining("--header: expected different column names"),
    ]);
  });

  test("whose names are whole numbers keeps its order, in CSV and in JSON", async () => {
    const stdin = "name,2021,2020,0\nx,1,2,3\n";
    expect((await csv(stdin, "--to", "csv")).stdout).toBe(stdin);
    expect((await csv(stdin)).stdout).toBe('{"name":"x","2021":"1","2020":"2","0":"3"}\n');
    const added = ["run", "-e", "x => ({ ...x, sum: 6 })", "--from", "csv"];
    expect((await polyloop([...added, "--to", "csv"], { stdin })).stdout).toBe(
      "name,2021,2020,0,sum\nx,1,2,3,6\n",
    );
    expect((await polyloop([...added, "--to", "json"], { stdin })).stdout).toBe(
      '[\n{"name":"x","2021":"1","2020":"2","0":"3","sum":6}\n]\n',
    );
    const batch = ["run", "-e", "xs => xs", "--from", "csv", "--batch", "3"];
    expect((await polyloop(batch, { stdin })).stdout).toBe('{"name":"x","2021":"1","2020":"2","0":"3"}\n');
  });

  test("that is not UTF-8 is refused once, whatever the rows are", async () => {
    const { code, stdout, stderr } = await csv(
      new Uint8Array([0x61, 0xe9, 0x2c, 0x62, 10, 0x31, 0x2c, 0x32, 10]),
    );
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toBe(
      "polyloop: Cannot read stdin: line 1: the header is not valid UTF-8. If the file is Latin-1: iconv -f latin1 -t utf-8 FILE | polyloop …\n",
    );
  });
});

test("time goes with the number of columns, not its square: 60,000 of them, whatever their names", async () => {
  for (const name of [(at: number) => `gene_${at}`, () => "a", (at: number) => `${60_000 - at}`]) {
    const names = Array.from({ length: 60_000 }, (_, at) => name(at));
    const stdin = `${names.join(",")}\n${names.map(() => "1").join(",")}\n`;
    const { code, stdout } = await csv(stdin, "--to", "csv");
    expect(code).toBe(0);
    const [header, row] = stdout.split("\n");
    expect(header.split(",")).toEqual(
      names[0] === "a" ? ["a", ...names.slice(1).map((_, at) => `a_${at + 2}`)] : names,
    );
    expect(row).toBe(names.map(() => "1").join(","));
  }
});

describe("text", () => {
  const rows = (bytes: number[] | Uint8Array, size: number) => {
    const splitter = new CsvSplitter();
    const all = new Uint8Array(bytes);
    const blocks = [];
    for (let at = 0; at < all.length; at += size) blocks.push(...splitter.push(all.slice(at, at + size)));
    return [...blocks, ...splitter.end()].flatMap(({ lines }) => lines.toArray() as string[]);
  };

  test("that ends inside a character fails its row, also the last; a real U+FFFD is a character like others", () => {
    const encoder = new TextEncoder();
    const cut = [
      ...encoder.encode("a,b\n\ufffd,1\n"),
      0xff,
      ...encoder.encode(",2\n\ufffd,3\n4,"),
      0xe6,
      0x97,
    ];
    for (let size = 1; size <= cut.length; size++) {
      expect(rows(cut, size)).toEqual([
        '{"a":"\ufffd","b":"1"}',
        '\x15["The row is not valid UTF-8 text",["\ufffd","2"]]',
        '{"a":"\ufffd","b":"3"}',
        '\x15["The row is not valid UTF-8 text",["4","\ufffd"]]',
      ]);
    }
  });

  test.skipIf(!hasPython)(
    "of a thousand files reads as Python's csv module reads it, wherever reads end",
    () => {
      let seed = 11;
      const random = (below: number) => {
        seed = (seed * 1664525 + 1013904223) >>> 0;
        return Math.floor(seed / 2 ** 32 * below);
      };
      const parts = [
        '"',
        '"',
        '""',
        ",",
        ",",
        "\n",
        "\r\n",
        "\r",
        " ",
        "ä",
        "😀",
        "\t",
        "\\",
        "x y",
        "1,2,3\n",
        'x,"y",z\r\n',
      ];
      const files = Array.from(
        { length: 1_000 },
        () => `c0,c1,c2\n${Array.from({ length: random(30) }, () => parts[random(parts.length)]).join("")}`,
      );
      using dir = folder({ "files.json": JSON.stringify(files) });
      const read = "import csv,json,sys,io\nfor text in json.load(open(sys.argv[1])): " +
        "print(json.dumps([r for r in csv.reader(io.StringIO(text, newline='')) if r][1:]))";
      const { stdout } = startSync("python3", ["-c", read, join(dir.path, "files.json")]);
      const expected = stdout.trimEnd().split("\n").map((line) => JSON.parse(line) as string[][]);
      for (const [at, text] of files.entries()) {
        for (const size of [1, 3, 1_000_000]) {
          const found = rows(new TextEncoder().encode(text), size).map((row, which) => {
            if (!row.startsWith("\x15")) return Object.values(JSON.parse(row));
            const [message, values] = JSON.parse(row.slice(1));
            // Python takes what is there for the value.
            return message === "A quote in this row is never closed" ? expected[at][which] : values;
          });
          expect(found).toEqual(expected[at]);
        }
      }
    },
  );

  test.each(["utf-16le", "utf-16be"])("in %s with its mark is read, in every format", async (encoding) => {
    const encoded = (text: string) => {
      const bytes = new Uint8Array(
        new Uint16Array(
          [...`\ufeff${text}`].flatMap((c) =>
            c.length === 2 ? [c.charCodeAt(0), c.charCodeAt(1)] : [c.charCodeAt(0)]
          ),
        ).buffer,
      );
      if (encoding === "utf-16be") {
        for (let at = 0; at < bytes.length; at += 2) bytes.subarray(at, at + 2).reverse();
      }
      return bytes;
    };
    const run = (from: string, text: string) => polyloop([...SAME, "--from", from], { stdin: encoded(text) });
    expect((await run("csv", "a,b\r\nä,😀\r\n")).stdout).toBe('{"a":"ä","b":"😀"}\n');
    expect((await run("jsonl", '{"a":"😀"}\n')).stdout).toBe('{"a":"😀"}\n');
    expect((await run("lines", "日本\n😀")).stdout).toBe('"日本"\n"😀"\n');
    expect((await run("json", '["ä"]')).stdout).toBe('["ä"]\n'.replace(/[[\]]/g, ""));
    expect((await run("nul", "ä\0b")).stdout).toBe('"ä"\n"b"\n');
    // Half of a pair, and half of a character at the end: their lines fail, and they alone.
    const broken = await run("lines", "a\n\ud800\nb\n");
    expect([broken.code, broken.stdout]).toEqual([1, '"a"\n"b"\n']);
  });

  test("in UTF-8 with its mark is read without it, in every format", async () => {
    for (
      const [from, text] of [["csv", "a\nx\n"], ["jsonl", '{"a":"x"}'], ["lines", "x"], ["json", '["x"]'], [
        "nul",
        "x",
      ]]
    ) {
      const { stdout } = await polyloop(["run", "-e", "x => x.a ?? x", "--from", from], {
        stdin: `\ufeff${text}`,
      });
      expect([from, stdout]).toEqual([from, '"x"\n']);
    }
  });

  test.each([
    [
      "UTF-16 without a mark",
      [0x61, 0, 0x62, 0],
      "it looks like UTF-16 without a byte order mark: iconv -f utf-16le -t utf-8 FILE",
    ],
    [
      "UTF-16 without a mark, with a line of one character",
      [0x61, 0, 0x0a, 0, 0x62, 0],
      "it looks like UTF-16 without a byte order mark: iconv -f utf-16le -t utf-8 FILE",
    ],
    [
      "SQLite",
      Array.from("SQLite format 3\0\x10", (letter) => letter.charCodeAt(0)),
      "it is an SQLite database",
    ],
    ["Parquet", Array.from("PAR1\x15\0", (letter) => letter.charCodeAt(0)), "it is a Parquet file"],
    ["UTF-32", [0xff, 0xfe, 0, 0, 0x61, 0, 0, 0], "it is UTF-32: iconv -f utf-32 -t utf-8 FILE"],
  ])("in %s is refused", async (_, bytes, reason) => {
    using dir = folder();
    writeFileSync(join(dir.path, "in"), new Uint8Array(bytes));
    for (const from of ["csv", "lines", "jsonl"]) {
      const { code, stdout, stderr } = await polyloop([...SAME, "--from", from, "-i", "in"], {
        cwd: dir.path,
      });
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toContain(`polyloop: Cannot read in: ${reason}`);
    }
    expect(readFileSync(join(dir.path, "in"))).toHaveLength(bytes.length);
  });

  test("in a tar archive is refused by the file's name", async () => {
    using dir = folder({ "in.tar.gz": "" });
    expect((await polyloop([...SAME, "-i", "in.tar.gz"], { cwd: dir.path })).stderr).toBe(
      "polyloop: Cannot read in.tar.gz: it is a tar archive. Unpack it: tar -xOf in.tar.gz | polyloop …\n",
    );
  });
});
