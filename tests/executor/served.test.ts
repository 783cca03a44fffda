/** Workers that the program starts itself, as it does where a bundler makes it. */
import { describe, expect, test } from "vitest";
import { Executor, type ExecutorOptions } from "../../mod.ts";
import { isDeno } from "../program.ts";
import type { Tasks } from "./backends.ts";

const entry = new URL("./fixtures/served.ts", import.meta.url);
const start = (options: ExecutorOptions = {}) =>
  new Executor<Tasks>(() => new Worker(entry, { type: "module" }), { workers: 2, ...options });

// Node has no Web Workers.
describe.skipIf(!isDeno)("a worker that the program starts", () => {
  test("runs the tasks that its entry serves", async () => {
    await using executor = start({ workerData: "data" });
    expect(await executor.ready()).toContain("echo");
    expect(await executor.map("echo", [1, 2, 3]).toArray()).toEqual([1, 2, 3]);
    expect(await executor.run("contextFacts")).toMatchObject({ workerData: "data" });
    expect(await executor.run((n: number) => n + 1, 1)).toBe(2);
  });

  test("lists what it serves when it is asked for something else", async () => {
    await using executor = start();
    const unknown = executor.run("treble" as "echo", 1);
    await expect(unknown).rejects.toThrow(
      /^the worker has no function "treble" to run; it exports .*\becho\b/,
    );
  });

  test("that is not there is the reason why no task runs", async () => {
    const missing = new URL("./fixtures/no_such_entry.ts", import.meta.url);
    await using executor = new Executor<Tasks>(() => new Worker(missing, { type: "module" }));
    await expect(executor.run("echo", 1)).rejects.toMatchObject({
      name: "ModuleLoadError",
      message: expect.stringMatching(/^A worker could not start: .*no_such_entry\.ts/),
    });
  });

  test("has no permissions nor processes of ours", () => {
    expect(() => start({ isolation: "process" })).toThrow(
      new TypeError(
        'A function that starts a worker starts a thread: isolation must be "thread", got "process"',
      ),
    );
    expect(() => start({ permissions: "none" })).toThrow(
      'A worker that the program starts has the permissions that the program gives it: leave permissions "inherit"',
    );
  });
});

test.skipIf(isDeno)("a function that starts a worker is refused where there are no Web Workers", () => {
  expect(() => start()).toThrow(
    new TypeError(
      "This runtime has no Web Workers, which a function could start: pass the module's URL instead",
    ),
  );
});
