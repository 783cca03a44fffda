/** What a task may do on the command line: nothing, or what was granted. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { folder, polyloop } from "./polyloop.ts";

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

describe.each(["thread", "process"])("polyloop run --isolation %s", (isolation) => {
  test("denies what was not granted, with the flag named; grants what was, and nothing beside it", async () => {
    using dir = folder({ "task.ts": TASK, "scale.ts": "export const scale = 2;\n" });
    const server = createServer((_, response) => void response.end("pong"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const inputs = ["compute", "read", `http://${host}/`, "run", "env", "neighbour"];
    const stdin = inputs.map((input) => `${input}\n`).join("");
    const args = ["run", "task.ts", "--from", "lines", "--isolation", isolation, "-j", "1"];
    try {
      const denied = await polyloop(args, { cwd: dir.path, stdin, permissions: true });
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
      const granted = await polyloop([...args, ...grants], { cwd: dir.path, stdin, permissions: true });
      expect(granted).toMatchObject({ code: 1, stdout: '42\ntrue\n"pong"\ntrue\n"string"\n' });
      expect(granted.stderr).toMatch(/line 6: NotCapable: Requires read access to "\/etc\/hostname"/);
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});

describe("polyloop run: permissions", () => {
  test("in the main thread: everything, and only by -A", async () => {
    const args = ["run", "--isolation", "none", "-e", "x => x"];
    const refused = await polyloop(args, { stdin: "1\n", permissions: true });
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toMatch(/^polyloop: --isolation none .* say so with -A\n$/);
    expect(await polyloop([...args, "-A"], { stdin: "1\n", permissions: true })).toMatchObject({ code: 0 });
  });

  test("a journal keeps them, and resume may be given more", async () => {
    using dir = folder({ "task.ts": TASK, "scale.ts": "export const scale = 2;\n", "in": "compute\nread\n" });
    const options = { cwd: dir.path, permissions: true };
    const args = ["run", "task.ts", "--from", "lines", "-i", "in", "-o", "out", "--journal", "j"];
    expect(await polyloop(args, options)).toMatchObject({ code: 1 });
    expect(await polyloop(["resume", "j", "--retry-failed"], options)).toMatchObject({ code: 1 });
    const more = ["resume", "j", "--retry-failed", "--allow-read=/etc/passwd"];
    expect(await polyloop(more, options)).toMatchObject({ code: 0 });
  });
});

test("an input that uses up its process's memory fails, and no other", async () => {
  const task = `async (n) => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    for (const hoard = []; n === 13;) hoard.push(new Array(1e6).fill(n));
    return n;
  }`;
  const inputs = Array.from({ length: 40 }, (_, n) => n);
  const { code, stdout, stderr } = await polyloop(
    ["run", "--isolation", "process", "--backoff", "1ms", "-e", task],
    { stdin: inputs.join("\n"), env: { DENO_V8_FLAGS: "--max-old-space-size=100" } },
  );
  expect(stdout).toBe(inputs.filter((n) => n !== 13).map((n) => `${n}\n`).join(""));
  expect(stderr).toMatch(/line 14: WorkerLostError: .* it ran out of memory; this task was alone on it/);
  expect(stderr).not.toContain("Last few GCs");
  expect(code).toBe(1);
}, 120_000);
