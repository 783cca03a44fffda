/** Permissions: what a task may do, in threads and in processes. */
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { Executor, type ExecutorOptions, type Permissions } from "../../mod.ts";
import { isDeno } from "../program.ts";

type Curious = typeof import("./fixtures/curious.ts");

const CURIOUS = new URL("./fixtures/curious.ts", import.meta.url);

// Node cannot deny a task anything.
describe.skipIf(!isDeno).each(["thread", "process"] as const)('permissions on "%s"', (isolation) => {
  const start = (permissions: Permissions, options?: ExecutorOptions) =>
    new Executor<Curious>(CURIOUS, { workers: 1, isolation, permissions, ...options });

  test('"none": the module and its imports load, and each access fails with the flag that grants it', async () => {
    await using executor = start("none");
    expect(await executor.run("compute", 21)).toBe(42);
    const attempts = {
      read: executor.run("read", "/etc/passwd"),
      net: executor.run("connect", 80),
      run: executor.run("start", "echo"),
      env: executor.run("environment", "HOME"),
    };
    // All at once: the last may fail first.
    await Promise.all(
      Object.entries(attempts).map(([name, attempt]) =>
        expect(attempt, name).rejects.toMatchObject({
          name: "NotCapable",
          message: expect.stringContaining(`--allow-${name}`),
        })
      ),
    );
  });

  test("what is granted is allowed, and nothing beside it", async () => {
    const server = createServer((_, response) => void response.end("pong"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    try {
      await using executor = start({
        read: ["/etc/passwd"],
        net: [`127.0.0.1:${port}`],
        run: ["echo"],
        env: ["HOME"],
      });
      expect(await executor.run("read", "/etc/passwd")).toBeGreaterThan(0);
      expect(await executor.run("connect", port)).toBe("pong");
      expect(await executor.run("start", "echo")).toBe("hello");
      expect(await executor.run("environment", "HOME")).toBeTypeOf("string");
      await expect(executor.run("read", "/etc/hostname")).rejects.toThrow("--allow-read");
      await expect(executor.run("connect", port === 81 ? 82 : 81)).rejects.toThrow("--allow-net");
      await expect(executor.run("start", "ls")).rejects.toThrow("--allow-run");
      await expect(executor.run("environment", "PATH")).rejects.toThrow("--allow-env");
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test.each(["read", "net", "env", "run", "ffi", "sys"])("an empty list grants nothing: %s", async (name) => {
    await using executor = start({ [name]: [] });
    await expect(executor.run("read", "/etc/passwd")).rejects.toThrow("--allow-read");
    await expect(executor.run("environment", "HOME")).rejects.toThrow("--allow-env");
  });

  test("inline functions, workers that are replaced and errors work as ever", async () => {
    await using executor = new Executor(null, { workers: 1, isolation, permissions: "none" });
    expect(await executor.run((n: number) => n * 2, 4)).toBe(8);
    await expect(executor.run(() => Deno.exit(), 0)).rejects.toMatchObject({ name: "WorkerLostError" });
    await expect(executor.run(() => Deno.readTextFileSync("/etc/passwd"))).rejects.toThrow("--allow-read");
  });

  test.each([
    ["throws_on_import.ts", /Cannot load file:.*throws_on_import\.ts: /],
    ["no_such_file.ts", /Cannot load file:.*no_such_file\.ts: .*/],
  ])("a module that does not load says why: %s", async (file, message) => {
    const executor = new Executor(new URL(`./fixtures/${file}`, import.meta.url), {
      workers: 1,
      isolation,
      permissions: "none",
    });
    const error = await executor.run("default").catch((error) => error);
    expect(error.name).toBe("ModuleLoadError");
    expect(error.message).toMatch(message);
    await executor.close();
  });
});

describe("permissions", () => {
  test.each([
    [{ reed: true } as never, /permissions\.reed is no permission; there are read, write/],
    [{ read: "/etc" } as never, /permissions\.read must be true, false or an array of strings/],
    [{ read: ["/data,/etc"] }, /permissions\.read must list items without commas, got \/data,\/etc/],
    ["all" as never, /permissions must be "inherit", "none" or an object/],
  ])("refuse %o", (permissions, message) => {
    expect(() => new Executor(null, { permissions })).toThrow(message);
  });

  test("cannot be had in the caller's own thread", () => {
    expect(() => new Executor(null, { isolation: "none", permissions: "none" })).toThrow(
      'isolation "none" shares the caller\'s permissions',
    );
  });

  test.skipIf(!isDeno)(
    "for threads, without Deno's worker options: an error that says what to add",
    async () => {
      const mod = new URL("../../mod.ts", import.meta.url).href;
      const program = `
      import { Executor } from ${JSON.stringify(mod)};
      try { new Executor(null, { permissions: "none" }); } catch (error) { console.log(error.name + ": " + error.message); }
      await using executor = new Executor(null, { permissions: "none", isolation: "process", workers: 1 });
      console.log(await executor.run((n) => n + 1, 1));
    `;
      const output = await runDeno(["--no-config", `data:text/javascript,${encodeURIComponent(program)}`]);
      expect(output).toMatch(/^PermissionsUnsupportedError: .*--unstable-worker-options.*"process"/);
      expect(output).toMatch(/\n2\n$/);
    },
  );
});

/** What a program prints. */
async function runDeno(args: string[]): Promise<string> {
  const child = spawn(Deno.execPath(), ["run", "-A", "--quiet", ...args], {
    cwd: fileURLToPath(new URL("/", import.meta.url)),
  });
  let output = "";
  child.stdout.on("data", (text) => output += text);
  child.stderr.on("data", (text) => output += text);
  await new Promise((resolve) => child.on("close", resolve));
  return output;
}
