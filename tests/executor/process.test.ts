/** Workers that are processes: what only they survive, what they leave behind, and what they write to stderr. */
import process from "node:process";
import { describe, expect, test, vi } from "vitest";
import {
  Executor,
  type ExecutorOptions,
  TaskCloneError,
  TaskTimeoutError,
  WorkerLostError,
} from "../../mod.ts";
import { FatalDump } from "../../lib/backends/fatal_dump.ts";
import { frame, FrameReader, makeSeal } from "../../lib/wire/frames.ts";
import { isDeno, launch, runSource, startSource, startSync } from "../program.ts";

type Tasks = typeof import("./fixtures/process_tasks.ts");

const TASKS = new URL("./fixtures/process_tasks.ts", import.meta.url);

function startProcess(options: ExecutorOptions = {}): Executor<Tasks> {
  return new Executor<Tasks>(TASKS, { isolation: "process", workers: 1, ...options });
}

/** The error that it rejects with. */
function failure(promise: Promise<unknown>): Promise<Error> {
  return promise.then(() => expect.unreachable(), (error) => error);
}

function isAlive(pid: number): boolean {
  // A process that has ended has a number until its parent has asked. `ps` also runs where there is no /proc.
  const { stdout } = startSync("ps", ["-o", "stat=", "-p", `${pid}`]);
  return /^\s*[^Z\s]/.test(stdout);
}

/** Runs a program with `executor` and hands over what it printed once it has printed a line. */
async function startProgram(body: string) {
  const source = `
    import { Executor } from ${JSON.stringify(new URL("../../mod.ts", import.meta.url).href)};
    const executor = new Executor(${
    JSON.stringify(TASKS.href)
  }, { isolation: "process", workers: 2, concurrency: 1 });
    await executor.ready();
    ${body}
  `;
  const child = launch(process.execPath, runSource(source));
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  const errors: Uint8Array[] = [];
  child.stderr.on("data", (bytes) => errors.push(bytes));
  const line = await new Promise<string>((resolve) => {
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (more) => (text += more).includes("\n") && resolve(text));
    ended.then(() => resolve(text));
  });
  return { child, line, ended, errors };
}

describe("a worker's process", () => {
  test.each(
    [
      ["abort", /it called process\.abort\(\)/],
      ["kill", /its process was killed by SIGKILL/],
    ] as const,
  )("that ends by %s is replaced, and its tasks say why", async (name, reason) => {
    await using executor = startProcess();
    const before = await executor.run("pid");
    const error = await failure(executor.run(name));
    expect(error).toBeInstanceOf(WorkerLostError);
    expect(error.message).toMatch(reason);
    expect(await executor.run("pid")).not.toBe(before);
  });

  test("that runs out of memory takes nobody along, says so, and prints no pages about its heap", async () => {
    const source = `
      import { Executor } from ${JSON.stringify(new URL("../../mod.ts", import.meta.url).href)};
      const executor = new Executor(${JSON.stringify(TASKS.href)}, { isolation: "process", workers: 1 });
      console.log(await executor.run("useUpMemory").catch((error) => error.message));
      console.log(await executor.run("echo", "goes on"));
      await executor.close();
    `;
    expect(await startSource(source, { heap: 64 })).toEqual({
      code: 0,
      out: "Worker 1 was lost: it ran out of memory\ngoes on\n",
      err: "",
    });
  });

  test("that is killed from outside, while its thread is busy, is replaced", async () => {
    await using executor = startProcess({ concurrency: 2 });
    const pid = await executor.run("pid");
    const busy = failure(executor.run("spin"));
    setTimeout(() => process.kill(pid, "SIGKILL"), 100);
    expect((await busy).message).toMatch(/killed by SIGKILL/);
    expect(await executor.run("echo", 1)).toBe(1);
  });

  test("in an endless loop is gone after timeout and grace period", async () => {
    await using executor = startProcess();
    const pid = await executor.run("pid");
    const error = await failure(executor.run("spin", undefined, { timeout: 50, gracePeriod: 50 }));
    expect(error).toBeInstanceOf(TaskTimeoutError);
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), 60_000);
    expect(await executor.run("echo", 1)).toBe(1);
  });

  test("has delivered all it sent when its end is told", async () => {
    await using executor = startProcess();
    const seen: string[] = [];
    const error = await failure((async () => {
      for await (const value of executor.stream("yieldAndExit", 2_000)) seen.push(value);
    })());
    expect(error.message).toMatch(/called process\.exit\(\d*\)/);
    expect(seen).toHaveLength(2_000);
  });

  test("is lost though a process of its own goes on to write to stderr", async () => {
    // The pipe is ours: what is still written there once it was closed ends that process.
    const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    try {
      await using executor = startProcess();
      expect((await failure(executor.run("killAndLeaveTicking"))).message).toMatch(/killed by SIGKILL/);
    } finally {
      write.mockRestore();
    }
  });

  test("whose setup throws an error with what cannot cross fails the tasks with the rest of it", async () => {
    await using executor = new Executor(new URL("./fixtures/setup_throws_memory.ts", import.meta.url), {
      workers: 1,
      isolation: "process",
    });
    const error = await failure(executor.run("echo"));
    expect(error.name).toBe("ModuleLoadError");
    expect(error.cause).toMatchObject({ message: "with memory" });
    expect(error.cause).not.toHaveProperty("memory");
  });

  test("that cannot be started fails the tasks", async () => {
    const execPath = isDeno
      ? vi.spyOn(Deno, "execPath").mockReturnValue("/nowhere/deno")
      : vi.spyOn(process, "execPath", "get").mockReturnValue("/nowhere/node");
    try {
      await using executor = startProcess();
      const error = await failure(executor.run("echo", 1));
      expect(error.message).toMatch(/its process could not be started/);
    } finally {
      execPath.mockRestore();
    }
  });

  test("is gone once the executor is closed", async () => {
    const executor = startProcess({ workers: 2, concurrency: 1 });
    await executor.ready();
    const pids = await Promise.all([executor.run("pid"), executor.run("pid")]);
    await executor.close();
    await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), 60_000);
  });
});

describe("what crosses to a process", () => {
  test("is what crosses to a thread", async () => {
    await using executor = startProcess();
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    const view = new Uint8Array(new ArrayBuffer(8), 2, 3);
    const values = {
      date: new Date(5),
      map: new Map([[1, new Set([2n])]]),
      cycle,
      view,
      negative: -0,
      sparse: [, 1],
    };
    const back = await executor.run("echo", values);
    expect(back).toStrictEqual(structuredClone(values));
    // The buffer that it had, and nothing of the message around it.
    expect((back as typeof values).view.buffer.byteLength).toBe(8);
    const error = await executor.run("echo", new RangeError("m", { cause: 1 })) as Error;
    expect(error).toBeInstanceOf(RangeError);
    expect(error.cause).toBe(1);
  });

  test.each([["a function", () => 1], ["shared memory", new SharedArrayBuffer(4)]])(
    "is not %s: that task fails alone",
    async (_, value) => {
      await using executor = startProcess();
      const tasks = [executor.run("echo", 1), executor.run("echo", value), executor.run("echo", 3)];
      const [first, second, third] = await Promise.allSettled(tasks);
      expect([first, third]).toMatchObject([{ value: 1 }, { value: 3 }]);
      expect((second as PromiseRejectedResult).reason).toBeInstanceOf(TaskCloneError);
    },
  );

  test("is gone here if it was to be transferred", async () => {
    await using executor = startProcess();
    const buffer = new Uint8Array([1, 2, 3]).buffer;
    const back = await executor.run("echo", buffer, { transfer: [buffer] });
    expect(buffer.byteLength).toBe(0);
    expect(new Uint8Array(back as ArrayBuffer)).toEqual(new Uint8Array([1, 2, 3]));
  });

  test("arrives whole, however the pipe cuts it", async () => {
    await using executor = startProcess();
    const text = "ä".repeat(3_000_000);
    expect(await executor.run("echo", text) === text).toBe(true);

    const messages = [new Uint8Array(0), new Uint8Array([1]), new Uint8Array(300).fill(7)];
    const seal = makeSeal();
    const bytes = messages.flatMap((message) => [...frame(message, seal)]);
    for (const size of [1, 3, 4, 5, 100, bytes.length]) {
      const read: Uint8Array[] = [];
      const onMessage = (message: Uint8Array) => read.push(message.slice());
      const reader = new FrameReader({ seal, onMessage, onForeign: () => read.push(new Uint8Array()) });
      for (let at = 0; at < bytes.length; at += size) {
        reader.push(Uint8Array.from(bytes.slice(at, at + size)));
      }
      expect(read).toEqual(messages);
    }
  });
});

describe("a program that is killed leaves no processes behind", () => {
  test.each([["idle", ""], ["in endless loops", "executor.run('spin'); executor.run('spin');"]])(
    "when they are %s",
    async (_, more) => {
      const { child, line, ended } = await startProgram(`
        const pids = await Promise.all([executor.run("pid"), executor.run("pid")]);
        ${more}
        await new Promise((resolve) => setTimeout(resolve, 300));
        console.log(JSON.stringify(pids));
        await new Promise((resolve) => setTimeout(resolve, 60_000));
      `);
      const pids: number[] = JSON.parse(line);
      expect(pids.filter(isAlive)).toEqual(pids);
      child.kill("SIGKILL");
      await ended;
      await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), 60_000);
    },
  );
});

test("a program ends by itself once its executor is closed", async () => {
  const { line, ended } = await startProgram(`await executor.close(); console.log("closed");`);
  expect(line).toBe("closed\n");
  const begun = performance.now();
  expect(await ended).toBe(0);
  // A timer of ours that is left behind takes five seconds.
  expect(performance.now() - begun).toBeLessThan(4_500);
});

describe("what a process writes to stderr", () => {
  /** Pushes the pieces; returns what was forwarded. */
  function forwarded(...pieces: (string | Uint8Array)[]) {
    const bytes: number[] = [];
    const dump = new FatalDump((piece) => bytes.push(...piece));
    for (const piece of pieces) {
      dump.push(typeof piece === "string" ? new TextEncoder().encode(piece) : piece);
    }
    return { dump, bytes, text: () => new TextDecoder().decode(Uint8Array.from(bytes)) };
  }

  test("comes out of the caller's stderr, unchanged", async () => {
    const { ended, errors } = await startProgram(`
      await executor.run("complain", new Uint8Array([60, 0, 255, 195, 164, 10, 35]));
      await executor.close();
      console.log();
    `);
    await ended;
    expect(errors.flatMap((bytes) => [...bytes])).toEqual([60, 0, 255, 195, 164, 10, 35]);
  });

  test("is held back from V8's last words on", () => {
    const { dump, text } = forwarded(
      "before\n\n<--- La",
      "st few GCs --->\n",
      "FATAL ERROR: Reached heap limit",
    );
    expect(text()).toBe("before\n");
    expect(dump.outOfMemory).toBe(true);
    dump.drop();
    expect(text()).toBe("before\n");
  });

  test("is held back for as long as V8 takes to end the process", () => {
    vi.useFakeTimers();
    try {
      const { dump, text } = forwarded("FATAL ERROR: Reached heap limit\n");
      vi.advanceTimersByTime(6_000);
      dump.push(new TextEncoder().encode("==== C stack trace ====\n"));
      vi.advanceTimersByTime(3_000);
      expect(text()).toBe("");
      vi.advanceTimersByTime(6_000);
      expect(text()).toMatch(/^FATAL ERROR[^]+trace ====\n$/);
    } finally {
      vi.useRealTimers();
    }
  });

  test("is forwarded once it turns out to be something else", () => {
    expect(forwarded("a <--- Last few GCs --->\n").text()).toBe("a <--- Last few GCs --->\n");
    expect(forwarded("FATAL", " mistake\n").text()).toBe("FATAL mistake\n");
    const { dump, text } = forwarded("FATAL ERROR: the database\n", "ä\n");
    expect(text()).toBe("");
    expect(dump.outOfMemory).toBe(false);
    dump.release();
    expect(text()).toBe("FATAL ERROR: the database\nä\n");
  });

  test("is not kept from who waits for it: what looks like a beginning, by a process that lives on", async () => {
    const { text } = forwarded("<");
    expect(text()).toBe("");
    await vi.waitFor(() => expect(text()).toBe("<"), 60_000);
  });
});
