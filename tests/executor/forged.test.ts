/** Messages that a task forges: the worker is lost with its tasks, and neither the caller nor the executor is. */
import { describe, expect, test } from "vitest";
import { Executor, WorkerLostError } from "../../mod.ts";

type Tasks = typeof import("./fixtures/forging_tasks.ts");

const MODULE = new URL("./fixtures/forging_tasks.ts", import.meta.url);

const ERROR = { kind: "error", class: "Error", name: "Error", message: "forged" };

/** What no worker of ours sends at that moment; `own` stands for the number of the task that forges. Forms: `tests/wire/record_check.test.ts`. */
const FOREIGN: [string, unknown][] = [
  ["null", null],
  ["a time that is a text", [0, "own", "x", 1]],
  ["more results than tasks", [12, -5, 0, new Array(5).fill(1)]],
  ["a second ready", [4, 0, 0, []]],
  ["a start that failed", [5, 0, 0, ERROR]],
  ["an end that nobody asked for", [8, 0, 0, undefined]],
  ["an abort that was not sent", [9, 0, 0, undefined]],
  ["a value of a task that is no stream", [3, "own", 0, 5]],
];

/** What a worker might say. It settles nothing twice. */
const POSSIBLE: [string, unknown][] = [
  ["the class of an error that does not exist", [1, "own", 0, { ...ERROR, class: "toString" }]],
  ["the class of every object", [1, "own", 0, { ...ERROR, class: "__proto__" }]],
  ["an error with a stack in its properties", [1, "own", 0, {
    ...ERROR,
    properties: { stack: { toString: 5 }, code: 1 },
  }]],
  ["an error again that was not there", [1, "own", 0, { kind: "again", number: 5 }]],
  ["a task that it gives back", [10, "own", 0, undefined]],
  ["results of tasks that are long gone", [0, -99, 5, "x"]],
  ["progress of nobody", [2, 1e9, 0, 5]],
];

// With "none", a task is in the caller's own thread.
describe.each(["thread", "process"] as const)('an executor on "%s"', (isolation) => {
  const start = () =>
    new Executor<Tasks>(MODULE, { isolation, workers: 1, concurrency: 8, idleTimeout: 60_000 });

  if (isolation === "thread") {
    test("loses the worker on which a task sends what is no message, with its tasks, and goes on", async () => {
      await using executor = start();
      for (const [what, message] of FOREIGN) {
        const outcomes = await Promise.allSettled([
          executor.run("never"),
          executor.run("forge", message),
          executor.run("never"),
        ]);
        for (const outcome of outcomes) {
          expect(outcome, what).toMatchObject({
            status: "rejected",
            reason: {
              name: "WorkerLostError",
              reason: expect.stringMatching(/a message that is none of polyloop's/),
            },
          });
        }
        expect(await executor.run("echo", what)).toBe(what);
      }
    });

    test("settles each task once, whatever a task says in another's name", async () => {
      await using executor = start();
      for (const [what, message] of POSSIBLE) {
        const outcomes = await Promise.allSettled([executor.run("soon", 1), executor.run("tell", message)]);
        expect(outcomes[0], what).toEqual({ status: "fulfilled", value: 1 });
        if (outcomes[1].status === "rejected") {
          expect(typeof outcomes[1].reason?.stack, what).toMatch(/string|undefined/);
        }
        expect(await executor.run("echo", what)).toBe(what);
      }
    });

    test("does not count to the end of lists that are all holes", async () => {
      await using executor = start();
      await expect(executor.run("forgeHoles")).rejects.toThrow(WorkerLostError);
      expect(await executor.run("echo", 1)).toBe(1);
    });

    test("refuses values of a stream that nobody asked for, and results that are no text where text was asked for", async () => {
      await using executor = start();
      const encoding = { output: "json" } as const;
      const text = executor.run("forge", [0, "own", 5, { a: 1 }], { encoding });
      await expect(text).rejects.toThrow(/a result is not what its task's encoding makes/);
      expect(await executor.run("echo", 1, { encoding })).toBe("1");
      const stream = executor.stream("count");
      expect(await stream.next()).toEqual({ done: false, value: 0 });
      // By the numbers of the two tasks before it.
      const flood = Array.from({ length: 200 }, () => [3, 3, 0, "flood"]).flat();
      await expect(executor.run("forge", flood)).rejects.toThrow(WorkerLostError);
      await expect((async () => {
        for await (const _ of stream);
      })()).rejects.toThrow(WorkerLostError);
    });
  } else {
    test.each([
      ["a false length", 4, [255, 255, 255, 0]],
      ["half a header", 4, [1]],
      ["a message without a seal", 4, [0, 0, 0, 1, 48]],
      ["many bytes", 4, new Array(100_000).fill(7)],
    ])("loses a process that writes %s on its pipe, and goes on", async (_, file, bytes) => {
      await using executor = start();
      const outcomes = await Promise.allSettled([
        executor.run("never"),
        executor.run("write", { file, bytes }),
        executor.run("never"),
      ]);
      for (const outcome of outcomes) {
        expect(outcome).toMatchObject({
          status: "rejected",
          reason: { name: "WorkerLostError", reason: expect.stringMatching(/bytes that are no message/) },
        });
      }
      expect(await executor.run("echo", 1)).toBe(1);
    });

    test("does not listen to what a process says to its parent's runtime", async () => {
      await using executor = start();
      // Deno has other numbers for files.
      if (!("Deno" in globalThis)) await executor.run("write", { file: 3, bytes: [0, 0, 0, 3, 1, 2, 3] });
      for (const cmd of ["NODE_HANDLE_NACK", "NODE_HANDLE", "NODE_SOCKET_ALL_CLOSED"]) {
        await executor.run("speak", { cmd, type: "net.Socket" });
      }
      expect(await executor.run("echo", 1)).toBe(1);
    });
  }
});
