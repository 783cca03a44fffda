/** Conformance: starts that never end, and executors that start themselves. */
import process from "node:process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { Executor, ModuleLoadError } from "../../mod.ts";
import { runFile, start as startProgram } from "../program.ts";
import { conformance } from "./backends.ts";

conformance("a start", (start, isolation) => {
  test("that does not end in time fails whoever waits for it, and says so", async () => {
    for (const name of ["never_loads.ts", "never_sets_up.ts"]) {
      const module = new URL(`./fixtures/${name}`, import.meta.url);
      const executor = new Executor(module, { isolation, workers: 1, startTimeout: 50 });
      const message = /within 50 ms \(startTimeout\)/;
      const run = executor.run("task", 1);
      await expect(executor.ready()).rejects.toThrow(message);
      await expect(run).rejects.toBeInstanceOf(ModuleLoadError);
      await expect(executor.map("task", [1, 2, 3]).toArray()).rejects.toThrow(message);
      expect(executor.stats()).toMatchObject({ pending: 0, inFlight: 0 });
      await executor.close();
    }
  });

  test("that never ends holds up neither close() nor terminate()", async () => {
    for (const how of ["close", "terminate"] as const) {
      const module = new URL("./fixtures/never_loads.ts", import.meta.url);
      const executor = new Executor(module, { isolation, workers: 1, startTimeout: Infinity });
      const ready = executor.ready().catch((error: Error) => error.name);
      await executor[how]();
      expect(await ready).toBe("ExecutorClosedError");
    }
  });

  test("has a limit, and one that makes no sense is refused", () => {
    expect(() => start({ startTimeout: 0 })).toThrow(/startTimeout must be a number of milliseconds/);
    expect(() => start({ startTimeout: "1s" as never })).toThrow(/startTimeout/);
  });

  if (isolation === "none") {
    test("is not charged with time in which the caller holds its own loop", async () => {
      await using executor = start({ startTimeout: 2_000, workers: 1 });
      const ready = executor.ready();
      for (const end = performance.now() + 2_200; performance.now() < end;);
      expect(await ready).toContain("echo");
    });
  }
});

test.each(["thread", "process"])(
  "a module that starts an executor of itself in its workers is told, on %s",
  async (isolation) => {
    const file = fileURLToPath(new URL("./fixtures/starts_itself.ts", import.meta.url));
    const place = { env: { ISOLATION: isolation } };
    const { code, out, err } = await startProgram(process.execPath, runFile(file), "", place);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(/starts_itself\.ts starts its own executor when a worker loads it/);
    expect(err).toMatch(/only if import\.meta\.main is true/);
  },
);

test("tasks may start executors of their own module, but not without end", async () => {
  const module = new URL("./fixtures/nested.ts", import.meta.url);
  const begin = () => new Executor<typeof import("./fixtures/nested.ts")>(module, { workers: 1 });
  {
    await using executor = begin();
    expect(await executor.run("depth", 2)).toBe(2);
  }
  await using executor = begin();
  await expect(executor.run("depth", Infinity)).rejects.toThrow(/workers are nested 8 deep/);
});
