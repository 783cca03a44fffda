/** `--tag`: the place of an input before each line that its task prints. */
import { expect, test } from "vitest";
import { polyloop } from "./one_process.ts";
import { folder } from "./polyloop.ts";

/** Each task prints in several turns of its event loop, in every way, while the others do. */
const MODULE = `import process from "node:process";
const bytes = (text) => new TextEncoder().encode(text);
const turn = () => new Promise((resolve) => setTimeout(resolve, 1));
console.log("module");
export function setup() { process.stdout.write("setup\\n"); }
export async function speak(x) {
  const n = x.n ?? x;
  console.log("log", n);
  await turn();
  process.stdout.write("out " + n);
  await turn();
  process.stdout.write(" goes on\\n");
  await Promise.all([1, 2].map(async (k) => (await turn(), console.info("child", n, k))));
  console.error("error\\nof " + n);
  const [first, ...rest] = bytes("ü");
  process.stderr.write(new Uint8Array([first]));
  await turn();
  process.stderr.write(new Uint8Array([...rest, 10]));
  const { Deno } = globalThis;
  if (Deno) await Deno.stdout.write(bytes("deno " + n + "\\n"));
  else console.log("deno", n);
  process.stdout.write("end " + n);
  await turn();
  return n;
}
export async function* generate(n) {
  for (let k = 0; k < 2; k++) {
    console.log("yields", n, k);
    yield n;
    await turn();
  }
}
export function several(list) {
  console.log("batch of", list.length);
  return list;
}
let tries = 0;
export function retried(n, { attempt }) {
  process.stdout.write("attempt " + attempt);
  if (attempt === 1) throw new Error("again");
  if (n === 1) setTimeout(() => console.log("late"), 1);
  return n === 1 ? n : new Promise((resolve) => setTimeout(resolve, 50, n));
}
`;

const said = (place: string, n: number) =>
  [
    `log ${n}`,
    `out ${n} goes on`,
    `child ${n} 1`,
    `child ${n} 2`,
    "error",
    `of ${n}`,
    "ü",
    `deno ${n}`,
    `end ${n}`,
  ].map((text) => `${place}: ${text}`);

/** The lines with places, and the others, without progress. */
function parted(stderr: string): { tagged: string[]; others: string[] } {
  const lines = stderr.split("\n").slice(0, -1);
  const isTagged = (line: string) => /^[^:]*(line|element|item) \d+[^:]*: /.test(line);
  return { tagged: lines.filter(isTagged).sort(), others: lines.filter((line) => !isTagged(line)) };
}

test.each(["thread", "process", "none"])(
  "with isolation %s: each line of a task has its place, whole, and other lines have none",
  async (isolation) => {
    using dir = folder({ "t.mjs": MODULE });
    const args = [
      "run",
      "t.mjs#speak",
      "--tag",
      "-A",
      "--isolation",
      isolation,
      "-j",
      "2",
      "-c",
      "4",
      "--progress",
      "none",
    ];
    const numbers = Array.from({ length: 20 }, (_, at) => at);
    const stdin = numbers.map((n) => `${n}\n\n`).join("");
    const { code, stdout, stderr } = await polyloop(args, { cwd: dir.path, stdin });
    expect({ code, stdout }).toEqual({ code: 0, stdout: numbers.map((n) => `${n}\n`).join("") });
    const { tagged, others } = parted(stderr);
    expect(tagged).toEqual(numbers.flatMap((n) => said(`line ${2 * n + 1}`, n)).sort());
    expect(new Set(others)).toEqual(new Set(["module", "setup"]));
    // The lines of one task are in their order.
    expect(stderr.split("\n").filter((line) => line.startsWith("line 7: "))).toEqual(said("line 7", 3));
  },
);

test("places are those of failures: files, elements, batches; generators, retries and late lines have them, too", async () => {
  using dir = folder({ "t.mjs": MODULE, "a.csv": "n\n1\n", "b.csv": "n\n2\n" });
  const tagged = async (task: string, args: string[], stdin = "") => {
    const all = ["run", `t.mjs#${task}`, "--tag", "--progress", "none", "-j", "1", ...args];
    return parted((await polyloop(all, { cwd: dir.path, stdin })).stderr).tagged;
  };
  expect(await tagged("speak", ["-i", "a.csv", "-i", "b.csv"]))
    .toEqual([...said("a.csv line 2", 1), ...said("b.csv line 2", 2)].sort());
  expect(await tagged("speak", ["--from", "json", "--shard", "1/1"], "[\n3]")).toEqual(
    said("element 1 (line 2)", 3).sort(),
  );
  expect(await tagged("several", ["--batch", "2"], "1\n\n2\n3\n")).toEqual([
    "line 1 to line 3: batch of 2",
    "line 4: batch of 1",
  ]);
  expect(await tagged("generate", [], "7\n8\n")).toEqual([
    "line 1: yields 7 0",
    "line 1: yields 7 1",
    "line 2: yields 8 0",
    "line 2: yields 8 1",
  ]);
  expect(await tagged("retried", ["--retries", "1", "--backoff", "1ms"], "1\n2\n")).toEqual([
    "line 1: attempt 1",
    "line 1: attempt 2",
    "line 1: late",
    "line 2: attempt 1",
    "line 2: attempt 2",
  ]);
});

test("with --progress json a line is an object; a resumed run has the places of its inputs; a broker is refused", async () => {
  using dir = folder({ "t.mjs": MODULE, "in.jsonl": "1\n2\n3\n4\n" });
  const cwd = dir.path;
  const args = [
    "run",
    "t.mjs#speak",
    "--tag",
    "-i",
    "in.jsonl",
    "--journal",
    "j",
    "-o",
    "out",
    "--first",
    "2",
  ];
  const begun = await polyloop([...args, "--progress", "json"], { cwd });
  const outputs = begun.stderr.trim().split("\n").map((line) => JSON.parse(line)).filter(({ type }) =>
    type === "output"
  );
  expect(outputs.find(({ text }) => text === "of 2"))
    .toEqual({
      type: "output",
      index: 1,
      line: 2,
      file: null,
      place: "line 2",
      stream: "stderr",
      text: "of 2",
    });
  expect(outputs.find(({ text }) => text === "module"))
    .toEqual({
      type: "output",
      index: null,
      line: null,
      file: null,
      place: null,
      stream: "stdout",
      text: "module",
    });
  const resumed = await polyloop(["resume", "j", "--first", "all", "--progress", "none"], { cwd });
  expect(parted(resumed.stderr).tagged).toEqual([...said("line 3", 3), ...said("line 4", 4)].sort());
});
