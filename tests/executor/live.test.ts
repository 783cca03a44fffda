/** Conformance: what a body that computes yields and reports arrives as it happens, and it hears that nobody reads. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Executor } from "../../mod.ts";
import { conformance } from "./backends.ts";

type Tasks = typeof import("./fixtures/computing.ts");

const folder = mkdtempSync(join(tmpdir(), "polyloop-live-"));
afterAll(() => rmSync(folder, { recursive: true }));

/**
 * How many values an abort may take to reach a worker whose generator has yielded two: a process is told of it by a pipe. A
 * generator that does not let its loop turn yields sixty more at least.
 */
const FEW = 8;
const atMost = (most: number) => expect.toSatisfy((n: number) => n <= most);

let files = 0;
const newPath = () => join(folder, `${++files}-`);
const make = (path: string) => writeFileSync(path, "");

conformance("a body that computes", (_, isolation) => {
  const module = new URL("./fixtures/computing.ts", import.meta.url);
  let executor: Executor<Tasks>;
  let worker: number;
  beforeAll(async () => {
    executor = new Executor<Tasks>(module, { workers: 1, isolation, idleTimeout: Infinity });
    worker = await executor.run("whoAmI");
  });
  afterAll(() => executor.close());

  test.each(["yields", "yieldsAsync"] as const)("%s values that are read before it goes on", async (task) => {
    const path = newPath();
    const seen: number[] = [];
    for await (const n of executor.stream(task, path)) {
      seen.push(n);
      make(`${path}${n}`);
    }
    expect(seen).toEqual([0, 1, 2, 3, 4]);
  });

  // In the caller's own thread, nothing can be heard of while the body computes.
  test.skipIf(isolation === "none")("reports progress that is heard of before it goes on", async () => {
    const path = newPath();
    const seen: unknown[] = [];
    const onProgress = (n: unknown) => {
      seen.push(n);
      make(`${path}${n}`);
    };
    expect(await executor.run("reports", path, { onProgress })).toBe("done");
    expect(seen).toEqual([0, 1, 2, 3, 4]);
  });

  test("is stopped at the yield that follows once its reader has left", async () => {
    const path = isolation === "none" ? undefined : newPath();
    const stream = executor.stream("endless", path);
    expect(await stream.next()).toEqual({ done: false, value: 0 });
    expect(await stream.next()).toEqual({ done: false, value: 1 });
    const left = stream.return();
    if (path) make(path);
    await left;
    expect(await executor.run("howFar")).toEqual({ last: atMost(FEW), ended: true });
  });

  test.skipIf(isolation === "none")(
    "is stopped at its next yield if it is cancelled, also where nobody reads",
    async () => {
      const path = newPath();
      const waits = Promise.withResolvers<unknown>();
      const handle = executor.submit("endless", path, { onProgress: waits.resolve });
      await waits.promise;
      handle.cancel();
      make(path);
      await expect(handle.result).rejects.toMatchObject({ name: "AbortError" });
      while (!(await executor.run("howFar")).ended);
      expect(await executor.run("howFar")).toEqual({ last: atMost(FEW), ended: true });
    },
  );

  test("times out and is stopped, and its worker goes on", async () => {
    const options = { timeout: 60, gracePeriod: 60_000 };
    await expect(Array.fromAsync(executor.stream("endless", undefined, options)))
      .rejects.toMatchObject({ name: "TaskTimeoutError" });
    await expect(executor.run("endless", undefined, options)).rejects.toMatchObject({
      name: "TaskTimeoutError",
    });
    while (!(await executor.run("howFar")).ended);
    expect(await executor.run("whoAmI")).toBe(worker);
  });
});
