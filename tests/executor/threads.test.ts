/** Threads of Node: what they survive, and what is left of them. */
import process from "node:process";
import { describe, expect, test } from "vitest";
import { isDeno, launch, runSource, startSource } from "../program.ts";

const MOD = new URL("../../mod.ts", import.meta.url).href;
const TASKS = new URL("./fixtures/process_tasks.ts", import.meta.url).href;

/** A program with an executor of two threads. */
function program(body: string): string {
  return `
    import { Executor } from ${JSON.stringify(MOD)};
    const executor = new Executor(${JSON.stringify(TASKS)}, { workers: 2, concurrency: 2 });
    const message = (error) => error.message;
    ${body}
  `;
}

// On Deno the first ends the whole program, and nothing can be done about the second.
describe.skipIf(isDeno)("a thread of Node", () => {
  test("that runs out of memory ends alone, and says so", async () => {
    const source = program(`
      await executor.ready();
      const neighbour = executor.run(() => new Promise((resolve) => setTimeout(resolve, 1_000, "lives")), 0, { key: "a" });
      const other = executor.run("useUpMemory", undefined, { key: "b" });
      console.log(await other.catch(message));
      console.log(await neighbour);
      console.log(await executor.run("echo", "goes on"));
      await executor.close();
    `);
    const { code, out, err } = await startSource(source, { heap: 64 });
    expect(err).toBe("");
    expect(out).toMatch(/^Worker \d was lost: it ran out of memory\nlives\ngoes on\n$/);
    expect(code).toBe(0);
  });

  test("that loops for ever is stopped, and its program ends by itself", async () => {
    const source = program(`
      console.log(await executor.run("spin", undefined, { timeout: 50, gracePeriod: 50 }).catch(message));
      await executor.close();
    `);
    expect(await startSource(source)).toEqual({
      code: 0,
      out: 'Task "spin" timed out after 50 ms\n',
      err: "",
    });
  });

  test("is not lost by process.abort(), which does nothing there but throw", async () => {
    const source = program(`
      executor.addEventListener("workerlost", () => console.log("lost"));
      console.log(await executor.run("abort").catch(({ code }) => code));
      await executor.close();
    `);
    expect(await startSource(source)).toEqual({
      code: 0,
      out: "ERR_WORKER_UNSUPPORTED_OPERATION\n",
      err: "",
    });
  });

  test("that a task ends has written what the task printed before", async () => {
    const source = program(`
      const task = () => {
        for (let line = 0; line < 5; line++) console.log(line);
        process.exit();
      };
      console.log(await executor.run(task).catch(message));
      await executor.close();
    `);
    const { out } = await startSource(source);
    expect(out.split("\n").sort().join(" ")).toBe(" 0 1 2 3 4 Worker 1 was lost: it called process.exit()");
  });

  test("has written all that its tasks printed once it is closed, to a slow reader too", async () => {
    const source = program(`
      await executor.run(() => {
        for (let line = 0; line < 10_000; line++) console.log("x".repeat(99));
      });
      await executor.close();
      console.log("closed");
    `);
    const child = launch(process.execPath, runSource(source));
    let out = "";
    for await (const text of child.stdout.setEncoding("utf8")) {
      out += text;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(out.length).toBe(10_000 * 100 + "closed\n".length);
    expect(out.endsWith("x\nclosed\n")).toBe(true);
  });
});
