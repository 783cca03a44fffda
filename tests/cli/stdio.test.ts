/** The run's stdin and stdout are its own: no task takes an input, and none writes among the results. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, test } from "vitest";
import { isDeno, startSync } from "../program.ts";
import { type Ended, folder, polyloop, SHELL_COMMAND } from "./polyloop.ts";

/** Each way to read stdin, without any right, that a runtime has; how many bytes it gave. */
const TASKS = `
import fs from "node:fs";
import net from "node:net";
import process from "node:process";
const buffer = new Uint8Array(1000);
const count = async (chunks) => { let sum = 0; for await (const chunk of chunks) sum += chunk.length; return sum; };
const once = {};
const ways = {
  "Deno.stdin.readSync": () => globalThis.Deno?.stdin.readSync(buffer) ?? 0,
  "Deno.stdin.read": async () => await globalThis.Deno?.stdin.read(buffer) ?? 0,
  "Deno.stdin.readable": () => globalThis.Deno ? once.readable ??= count(Deno.stdin.readable) : 0,
  "fs.readSync": () => fs.readSync(0, buffer),
  "fs.readFileSync": () => fs.readFileSync(0).length,
  "fs.createReadStream": () => once.stream ??= count(fs.createReadStream("", { fd: 0, autoClose: false })),
  "process.stdin": () => once.stdin ??= count(process.stdin),
  "net.Socket": () => once.socket ??= new Promise((resolve) => {
    try { new net.Socket({ fd: 0 }).on("error", () => resolve(0)).on("data", ({ length }) => resolve(length)).on("end", () => resolve(0)); }
    catch { resolve(0); }
  }),
};
export default ({ way }) => ways[way]();
export function talk(n) {
  const bytes = new TextEncoder().encode("by Deno\\n");
  globalThis.Deno?.stdout.writeSync(bytes);
  fs.writeSync(1, "by fs\\n");
  fs.writeFileSync(1, "by a file\\n");
  process.stdout.write("by process\\n");
  console.log("by console");
  return n;
}
`;

/** Those of one group share a run: they leave the file open, and none of them listens to what another reads. */
const WAYS = [
  [
    ...(isDeno ? ["Deno.stdin.readSync", "Deno.stdin.read"] : []),
    ...["fs.readSync", "fs.readFileSync", "fs.createReadStream"],
  ],
  ...(isDeno ? [["Deno.stdin.readable"]] : []),
  ["process.stdin"],
  ["net.Socket"],
];
const COUNT = 20_000;
const hasPython = startSync("python3", ["--version"]).status === 0;
const inputs = (ways: string[]) =>
  Array.from({ length: COUNT }, (_, at) => `${JSON.stringify({ way: ways[at % ways.length] })}\n`).join("");
const zeros = "0\n".repeat(COUNT);

const ISOLATIONS = [["thread"], ["process"], ["none", "-A"]];

describe.each(ISOLATIONS)("a task's stdin, --isolation %s", (...isolation) => {
  test.each(WAYS.map((ways) => ({ ways })))(
    "$ways find nothing: every input is a task's",
    async ({ ways }) => {
      using dir = folder({ "t.mjs": TASKS });
      const args = ["run", "t.mjs", "-j", "1", "-c", "4", "--isolation", ...isolation];
      const { code, stdout, stderr } = await polyloop(args, { cwd: dir.path, stdin: inputs(ways) });
      expect(code, stderr).toBe(0);
      expect(stdout).toBe(zeros);
    },
  );
});

describe("the run's stdin", () => {
  // What a shell gives: a pipe, a file, and a file of which somebody else has read a part.
  test.each([
    ["a pipe", "cat in.txt | RUN", "1\n2\n3\n"],
    ["a file", "RUN < in.txt", "1\n2\n3\n"],
    ["what is left of a file", "(read line; RUN) < in.txt", "2\n3\n"],
    ["a pipe with a name", "mkfifo p; cat in.txt > p & RUN < p", "1\n2\n3\n"],
    ["its path", "cat in.txt | RUN -i /dev/stdin", "1\n2\n3\n"],
    ["its path as the system has it", "cat in.txt | RUN -i /proc/self/fd/0", "1\n2\n3\n"],
    ["nothing", "RUN < /dev/null", ""],
  ])("may be %s", (_, script, stdout) => {
    const run = `${SHELL_COMMAND} run -e 'x => x' --progress none`;
    using dir = folder({ "in.txt": "1\n2\n3\n", "run.sh": script.replace("RUN", () => run) });
    const ended = startSync("bash", ["run.sh"], { cwd: dir.path });
    expect(ended.stderr).toBe("");
    expect(ended).toMatchObject({ status: 0, stdout });
  });

  test("is cut off where its file becomes shorter while it is read, and the run says so", async () => {
    using dir = folder({ "in.txt": "1\n".repeat(5_000_000) });
    writeFileSync(join(dir.path, "run.sh"), `${SHELL_COMMAND} run -e 'x => x' --progress none < in.txt`);
    const child = spawn("sh", ["run.sh"], { cwd: dir.path, stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    child.stderr.on("data", (text) => said += text);
    // Nobody reads on, so that it is far from the end of its input.
    await once(child.stdout, "readable");
    truncateSync(join(dir.path, "in.txt"), 9_000_000);
    child.stdout.resume();
    const [code] = await once(child, "close");
    expect(`${code} ${said}`).toMatch(/^4 polyloop: Cannot read stdin: it became shorter while it was read/);
  });

  test.skipIf(!hasPython)("may be a connection; that it was broken off is told", () => {
    using dir = folder({});
    const script = `
import socket, struct, subprocess, sys
server = socket.socket(); server.bind(("127.0.0.1", 0)); server.listen(1)
client = socket.create_connection(server.getsockname()); ours, _ = server.accept()
client.sendall(b"1\\n2\\n")
run = subprocess.Popen(sys.argv[1], shell=True, stdin=ours, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
ours.close()
run.stdout.readline()
client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)); client.close()
print(run.wait(), run.stderr.read())
`;
    const run = `${SHELL_COMMAND} run -e 'x => x' --progress none`;
    const { stdout, stderr } = startSync("python3", ["-c", script, run], { cwd: dir.path });
    expect(stdout, stderr).toMatch(/^4 polyloop: Cannot read stdin: the /);
  });

  test("is left unread by programs that a task starts", async () => {
    using dir = folder({
      "t.mjs": 'import { execFileSync } from "node:child_process";\n' +
        'export default () => execFileSync("cat", { stdio: ["inherit", "pipe", "inherit"] }).length;\n',
    });
    const args = ["run", "t.mjs", "-A", "-j", "1", "-c", "1"];
    const { code, stdout } = await polyloop(args, { cwd: dir.path, stdin: "1\n".repeat(20) });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "0\n".repeat(20) });
  });
});

describe.each(ISOLATIONS)("a task's stdout, --isolation %s", (...isolation) => {
  test("is stderr, whatever it writes by", async () => {
    using dir = folder({ "t.mjs": TASKS });
    const args = ["run", "t.mjs#talk", "-j", "1", "--isolation", ...isolation];
    // On Node, the main thread's own numbers stay as they are.
    const wayOut = !isDeno && isolation[0] === "none";
    if (wayOut) return;
    const ended: Ended = await polyloop(args, { cwd: dir.path, stdin: "1\n2\n" });
    expect(ended).toMatchObject({ code: 0, stdout: "1\n2\n" });
    const said = [...(isDeno ? ["by Deno"] : []), "by fs", "by a file", "by process", "by console"];
    for (const text of said) {
      expect(ended.stderr.split("\n").filter((line) => line === text), text).toHaveLength(2);
    }
  });

  // The main thread's own children have what it had when it started.
  test.skipIf(isolation[0] !== "process" && (!isDeno || isolation[0] === "none"))(
    "of a program that it starts is stderr, too",
    async () => {
      using dir = folder({
        "t.mjs": 'import { execFileSync } from "node:child_process";\n' +
          'export default (n) => { execFileSync("echo", ["from a child"], { stdio: "inherit" }); return n; };\n',
      });
      const args = ["run", "t.mjs", "-A", "-j", "1", "--isolation", isolation[0]];
      const ended = await polyloop(args, { cwd: dir.path, stdin: "1\n2\n" });
      expect(ended).toMatchObject({ code: 0, stdout: "1\n2\n" });
      expect(ended.stderr).toContain("from a child\nfrom a child\n");
    },
  );
});

test.skipIf(process.platform === "win32")("results reach a file that others write to as well", () => {
  using dir = folder();
  const run = `echo 7 | ${SHELL_COMMAND} run -e 'x => x' --progress none`;
  const script = `(echo before; ${run}; echo after) > out; ${run} >> out; ${run} -o /dev/stdout >> more`;
  expect(startSync("bash", ["-c", script], { cwd: dir.path })).toMatchObject({ status: 0, stderr: "" });
  expect(readFileSync(join(dir.path, "out"), "utf8")).toBe("before\n7\nafter\n7\n");
  expect(readFileSync(join(dir.path, "more"), "utf8")).toBe("7\n");
});
