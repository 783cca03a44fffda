/** Conformance: what workers write to stdout and stderr, as events. */
import { expect, test } from "vitest";
import { Executor, type ExecutorOptions } from "../../mod.ts";
import { conformance } from "./backends.ts";

const isDeno = "Deno" in globalThis;

const MODULE = new URL("./fixtures/speaking.ts", import.meta.url);

conformance('console: "event"', (_, isolation) => {
  const has = isolation === "process" || (isolation === "thread" && !isDeno);
  /** An executor, and what its workers wrote, by stream. */
  function start(options: ExecutorOptions = {}) {
    const executor = new Executor<typeof import("./fixtures/speaking.ts")>(MODULE, {
      workers: 1,
      isolation,
      console: "event",
      ...options,
    });
    const heard = { stdout: "", stderr: "" };
    const workers = new Set<number>();
    executor.addEventListener("workeroutput", ({ detail }) => {
      heard[detail.stream] += detail.text;
      workers.add(detail.workerId);
    });
    return { executor, heard, workers };
  }

  test.runIf(has)(
    "hands over all that tasks write, by stream and worker, before close() resolves",
    async () => {
      const { executor, heard, workers } = start();
      expect(await executor.run("speak", "one")).toBe("one");
      await executor.run("speak", "two");
      await executor.run("speakLong", 20_000);
      await executor.close();
      const lines = Array.from({ length: 20_000 }, (_, n) => `line ${n}\n`).join("");
      expect(heard.stdout).toBe(`log of one\nü\nlog of two\nü\n${lines}`);
      expect(heard.stderr).toBe("error of one\nerror of two\n");
      expect(workers).toEqual(new Set([1]));
    },
  );

  test.runIf(has)("hands over what a worker wrote before it ended by itself", async () => {
    const { executor, heard } = start();
    await expect(executor.run("speakAndExit")).rejects.toMatchObject({ name: "WorkerLostError" });
    await executor.close();
    expect(heard.stdout).toBe("last words\n");
  });

  test.skipIf(has)("is refused where the runtime hands no output over", () => {
    expect(() => start()).toThrow('use isolation "process"');
  });
});

conformance('console: "task"', (_, isolation) => {
  test("hands over what bodies print with their tasks, however they take turns, before their outcomes", async () => {
    const executor = new Executor<typeof import("./fixtures/speaking.ts")>(MODULE, {
      workers: 1,
      isolation,
      console: "task",
    });
    const heard: string[] = [];
    executor.addEventListener("taskoutput", ({ detail: { taskId, index, stream, text } }) => {
      expect(taskId).toBeGreaterThan(0);
      // In this thread, the streams may be those of the test itself, which are stderr alone.
      heard.push(`${index} ${isolation === "none" ? "" : stream} ${text}`);
    });
    for await (const name of executor.map("speak", ["a", "b", "c"], { ordered: false })) {
      heard.push(`${name} ended`);
    }
    const [out, err] = isolation === "none" ? ["", ""] : ["stdout", "stderr"];
    for (const [index, name] of ["a", "b", "c"].entries()) {
      const own = heard.filter((text) => text.startsWith(`${index} `) || text === `${name} ended`);
      expect(own).toEqual([
        `${index} ${out} log of ${name}\n`,
        `${index} ${err} error of ${name}\n`,
        `${index} ${out} ü\n`,
        `${name} ended`,
      ]);
    }
    await executor.close();
  });
});
