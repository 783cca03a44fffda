/** What a task may do on the command line: nothing, or what was granted. */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, test } from "vitest";
import { commandWith } from "../../lib/cli/task/refused_permissions.ts";
import { ErrorText } from "../../lib/cli/task/error_text.ts";
import { unenforceable } from "../../lib/cli/task/refused_permissions.ts";
import { PermissionsUnsupportedError } from "../../lib/errors.ts";
import { isDeno } from "../program.ts";
import { CLI, type Command, folder, polyloop } from "./polyloop.ts";

const TASK = `import { scale } from "./scale.ts";
export default async function (what: string) {
  switch (what) {
    case "compute": return 21 * scale;
    case "read": return (await Deno.readTextFile("/etc/passwd")).length > 0;
    case "neighbour": return await Deno.readTextFile("/etc/hostname");
    case "run": return (await new Deno.Command("echo").output()).success;
    case "env": return typeof Deno.env.get("HOME");
    default: return await (await fetch(what)).text();
  }
}`;

// Node cannot deny a task anything.
const describeDenied = describe.skipIf(!isDeno);

describeDenied.each(["thread", "process"])("polyloop run --isolation %s", (isolation) => {
  test("denies what was not granted, with the flag named; grants what was, and nothing beside it", async () => {
    using dir = folder({ "task.ts": TASK, "scale.ts": "export const scale = 2;\n" });
    const server = createServer((_, response) => void response.end("pong"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const inputs = ["compute", "read", `http://${host}/`, "run", "env", "neighbour"];
    const stdin = inputs.map((input) => `${input}\n`).join("");
    const args = ["run", "task.ts", "--from", "lines", "--isolation", isolation, "-j", "1"];
    try {
      const denied = await polyloop(args, { cwd: dir.path, stdin });
      expect(denied).toMatchObject({ code: 1, stdout: "42\n" });
      for (const [at, flag] of ["read", "net", "run", "env", "read"].entries()) {
        expect(denied.stderr).toMatch(new RegExp(`line ${at + 2}: NotCapable: .*--allow-${flag} flag`));
      }
      const grants = [
        "--allow-read=/etc/passwd",
        `--allow-net=${host}`,
        "--allow-run=echo",
        "--allow-env=HOME",
      ];
      const granted = await polyloop([...args, ...grants], { cwd: dir.path, stdin });
      expect(granted).toMatchObject({ code: 1, stdout: '42\ntrue\n"pong"\ntrue\n"string"\n' });
      expect(granted.stderr).toMatch(/line 6: NotCapable: Requires read access to "\/etc\/hostname"/);
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test("names the flag whatever asks for a host: modules of Node, and one request of several", async () => {
    using dir = folder({
      "t.mjs": `const builtin = (name) => process.getBuiltinModule(name);
        const ended = (emitter) => new Promise((_, reject) => emitter.on("error", reject));
        const url = (n) => "http://h" + n + ".invalid/";
        const ways = {
          dns: () => builtin("node:dns").promises.lookup("h.invalid"),
          net: () => ended(builtin("node:net").connect(80, "h.invalid")),
          http: () => ended(builtin("node:http").get(url(1))),
          wrapped: () => ways.http().catch((cause) => { throw new Error("not read", { cause }); }),
          fetch: () => fetch(url(1)),
          any: () => Promise.any([fetch(url(1)), fetch(url(2))]),
        };
        export default (way) => ways[way]();`,
    });
    const args = ["run", "t.mjs", "-j", "1", "-c", "1", "--isolation", isolation];
    const inputs = ["--", "dns", "net", "http", "wrapped", "fetch", "any"];
    const { code, stderr } = await polyloop([...args, ...inputs], { cwd: dir.path });
    expect(code).toBe(1);
    const shown = [...stderr.matchAll(/^argument \d: .*(Requires net access to ".*"), run again/gm)];
    expect(shown.map(([, access]) => access)).toEqual([
      'Requires net access to "h.invalid"',
      'Requires net access to "h1.invalid"',
      'Requires net access to "h1.invalid:80"',
    ]);
    expect(stderr).toContain("polyloop: --allow-net grants this (polyloop help permissions)");
    expect(stderr).toContain("… and 3 more inputs failed for the same reason: --allow-net is not granted");
  });
});

describeDenied("polyloop run: permissions", () => {
  test("the command itself needs all of them, and says so", async () => {
    // By a shell, because Deno gives its own permissions to a Deno that it starts itself.
    const deno = `exec '${process.execPath}' run --quiet --node-modules-dir=manual '${CLI}' "$@"`;
    const command: Command = ["sh", "-c", deno, "sh"];
    using dir = folder({ "tasks.ts": TASK });
    const { code, stderr } = await polyloop(["run", "tasks.ts"], { cwd: dir.path, stdin: "1\n", command });
    expect(code).toBe(4);
    expect(stderr).toMatch(
      /^polyloop: the command itself needs -A: deno run -A … .*Requires \w+ access to .*\n$/,
    );
  });

  test("where Deno cannot give a thread permissions, tasks run in processes, and --dry-run says so", async () => {
    const command: Command = [process.execPath, "run", "-A", "--quiet", "--no-config", CLI];
    const isolated = async (...args: string[]) => {
      const all = ["run", "-e", "x => x", "--dry-run", ...args, "--", "1"];
      const { code, stderr } = await polyloop(all, { command });
      expect(code).toBe(0);
      return stderr.match(/^ +isolation +(.*)$/m)?.[1];
    };
    expect(await isolated()).toMatch(/^process +this Deno has no --unstable-worker-options$/);
    expect(await isolated("-A")).toMatch(/^thread +default$/);
  });

  test("in the main thread: everything, and only by -A", async () => {
    const args = ["run", "--isolation", "none", "-e", "x => x"];
    const refused = await polyloop(args, { stdin: "1\n" });
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toMatch(/^polyloop: --isolation none .* add -A to accept this\n$/);
    expect(await polyloop([...args, "-A"], { stdin: "1\n" })).toMatchObject({ code: 0 });
  });

  test("a journal keeps them, and resume may be given more", async () => {
    using dir = folder({ "task.ts": TASK, "scale.ts": "export const scale = 2;\n", "in": "compute\nread\n" });
    const options = { cwd: dir.path };
    const args = ["run", "task.ts", "--from", "lines", "-i", "in", "-o", "out", "--journal", "j"];
    expect(await polyloop(args, options)).toMatchObject({ code: 1 });
    expect(await polyloop(["resume", "j", "--retry-failed"], options)).toMatchObject({ code: 1 });
    const more = ["resume", "j", "--retry-failed", "--allow-read=/etc/passwd"];
    expect(await polyloop(more, options)).toMatchObject({ code: 0 });
  });
});

// On Node, threads take no grants at all.
test.skipIf(!isDeno)("paths that a journal cannot keep are refused before anything is written", async () => {
  using dir = folder({ "out": "precious\n" });
  const cwd = join(dir.path, "a,b");
  mkdirSync(cwd);
  const args = ["run", "-e", "(n) => n", "--allow-read=data", "-o", "../out"];
  const refused = await polyloop([...args, "--journal", "j"], { cwd, stdin: "1\n" });
  expect(refused).toMatchObject({ code: 2, stdout: "" });
  expect(refused.stderr).toMatch(
    /^polyloop: --allow-read: a journal cannot keep \S*\/a,b\/data, because commas separate .*\n$/,
  );
  expect(readFileSync(join(dir.path, "out"), "utf8")).toBe("precious\n");
  expect(existsSync(join(cwd, "j"))).toBe(false);
  expect(await polyloop(args, { cwd, stdin: "1\n" })).toMatchObject({ code: 0 });
});

describe("what Node says of permissions", () => {
  const text = new ErrorText({ url: "file:///tasks.ts", name: "tasks.ts", task: "default", implied: true });
  const denied = (permission: string, resource: string) =>
    Object.assign(new Error("Access to this API has been restricted. Use --allow-x to manage permissions."), {
      code: "ERR_ACCESS_DENIED",
      permission,
      resource,
      stack: "",
    });

  test.each([
    ["FileSystemRead", "/etc/passwd", 'read access to "/etc/passwd", run again with the --allow-read flag'],
    ["FileSystemWrite", "/out", 'write access to "/out", run again with the --allow-write flag'],
    ["ChildProcess", "/bin/sh", 'run access to "/bin/sh", run again with the --allow-run flag'],
    ["Net", "", "net access, run again with the --allow-net flag"],
  ])("becomes the flag of ours that grants it: %s", (permission, resource, message) => {
    const error = denied(permission, resource);
    expect(text.line(error)).toBe(`Error: Requires ${message}`);
    expect(text.record(error).message).toBe(`Requires ${message}`);
  });

  test("becomes --allow-net where fetch met it", () => {
    const cause = Object.assign(new Error("connect ERR_ACCESS_DENIED"), {
      code: "ERR_ACCESS_DENIED",
      syscall: "connect",
      address: "10.0.0.1",
      stack: "",
    });
    const error = Object.assign(new TypeError("fetch failed", { cause }), { stack: "" });
    expect(text.line(error)).toBe(
      'TypeError: Requires net access to "10.0.0.1", run again with the --allow-net flag',
    );
  });

  test("stays as it is where no flag of ours grants it", () => {
    expect(text.line(denied("WorkerThreads", ""))).toMatch(/^Error: Access to this API has been restricted/);
  });

  test("becomes flags to add where it cannot enforce those that were given", () => {
    const error = new PermissionsUnsupportedError("", { undeniable: ["net", "env"], unlistable: ["run"] });
    expect(unenforceable(error, "process")).toBe(
      "this runtime cannot deny net, env and accepts no lists for run: " +
        "give --allow-net --allow-env --allow-run without a list, or -A to let the task do everything",
    );
    expect(unenforceable(new PermissionsUnsupportedError("as it is"), "process")).toBe("as it is");
  });
});

test.skipIf(isDeno)(
  "on Node, which denies threads nothing: a grant is refused, and -A is taken for what it is",
  async () => {
    const args = ["run", "-e", "x => x + 1"];
    const refused = await polyloop([...args, "--allow-read"], { stdin: "1\n" });
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toMatch(
      /^polyloop: Node v\S+ can enforce --allow-… in processes only.*, or -A to/,
    );
    // One message has the whole command.
    const command = /Use: polyloop (run .*), or -A/.exec(refused.stderr)![1];
    expect(command).toContain("run -e 'x => x + 1' --isolation process --allow-read --allow-");
    const words = command.replace("-e 'x => x + 1' ", "").split(" ");
    const held = await polyloop([...words, "-e", "x => x + 1"], { stdin: "1\n" });
    expect(held).toMatchObject({ code: 0, stdout: "2\n" });
    expect(await polyloop([...args, "-A"], { stdin: "1\n" })).toMatchObject({
      stdout: "2\n",
    });
  },
);

test("commandWith() adds what is missing to the command that was typed, and replaces what is not enough", () => {
  const args = [
    "run",
    "t.ts",
    "--allow-net=a",
    "--isolation",
    "thread",
    "-i",
    "a b",
    "--",
    "--allow-net",
    "it's",
  ];
  expect(commandWith(args, { process: true, granted: { net: true, read: ["/a", "/b c"], env: true } })).toBe(
    "polyloop run t.ts -i 'a b' --isolation process --allow-net '--allow-read=/a,/b c' --allow-env " +
      "-- --allow-net 'it'\\''s'",
  );
  // Those of a config are there too: flags replace them.
  const found = ["bench", "t.ts", "--isolation=process", "-P"];
  expect(commandWith(found, { process: false, granted: { net: true, sys: true } })).toBe(
    "polyloop bench t.ts --isolation=process --allow-net --allow-sys",
  );
});

test("an input that uses up its process's memory fails, and no other", async () => {
  const task = `async (n) => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    for (const hoard = []; n === 13;) hoard.push(new Array(1e6).fill(n));
    return n;
  }`;
  const inputs = Array.from({ length: 40 }, (_, n) => n);
  const heap = "--max-old-space-size=100";
  const { code, stdout, stderr } = await polyloop(
    ["run", "--isolation", "process", "--backoff", "1ms", "-e", task],
    { stdin: inputs.join("\n"), env: isDeno ? { DENO_V8_FLAGS: heap } : { NODE_OPTIONS: heap } },
  );
  expect(stdout).toBe(inputs.filter((n) => n !== 13).map((n) => `${n}\n`).join(""));
  expect(stderr).toMatch(/line 14: WorkerLostError: .* it ran out of memory; this task was alone on it/);
  expect(stderr).not.toContain("Last few GCs");
  expect(code).toBe(1);
}, 120_000);
