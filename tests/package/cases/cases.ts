/** What a program does with the library, in any runtime: each case comes to plain data. */
import type { Executor, ExecutorOptions } from "../../../mod.ts";

/** Starts an executor for `tasks.ts`, in the way of the runtime. */
export type Start = (options?: ExecutorOptions) => Executor<typeof import("./tasks.ts")>;

interface Facts {
  name: string;
  message: string;
  stack?: string;
}

const facts = ({ name, message, stack }: Facts): Facts => ({ name, message, stack });

/** The cases, by name. */
export const CASES = {
  async results(start: Start) {
    await using executor = start();
    const one = await executor.run("double", 21);
    const many = await executor.map("double", [1, 2, 3]).toArray();
    const yielded: number[] = [];
    for await (const value of executor.stream("upTo", 3)) yielded.push(value);
    return { one, many, yielded };
  },

  async error(start: Start) {
    await using executor = start();
    return await executor.run("double", 13).catch(facts);
  },

  async unknownTask(start: Start) {
    await using executor = start();
    return await executor.run("treble" as "double", 1).catch(facts);
  },

  async cancel(start: Start) {
    await using executor = start();
    const controller = new AbortController();
    const onProgress = () => controller.abort(new RangeError("changed my mind"));
    const cancelled = await executor.run("untilAborted", 1, { signal: controller.signal, onProgress })
      .catch(facts);
    const timedOut = await executor.run("untilAborted", 1, { timeout: 20 }).catch(facts);
    return { cancelled, timedOut, next: await executor.run("double", 2) };
  },

  async lostWorker(start: Start) {
    await using executor = start();
    // One on each worker, so that nothing else is lost with it.
    const outcomes = await executor.map("leave", [1, 2, 3, 4], { settled: true }).toArray();
    const left = outcomes.map((outcome) =>
      outcome.status === "fulfilled" ? outcome.value : facts(outcome.reason)
    );
    const failed = await executor.run("fail").catch(facts);
    return { left, failed, next: await executor.run("double", 2) };
  },

  async transfer(start: Start) {
    await using executor = start();
    const pixels = new Uint8Array([1, 2, 3]);
    const moved = await executor.run("move", pixels, { transfer: [pixels.buffer] });
    return { moved: [...moved], left: pixels.length };
  },

  async inline(start: Start) {
    await using executor = start();
    return await executor.run((n: number) => n + 1, 41).catch(facts);
  },
};

/** The name of a case. */
export type CaseName = keyof typeof CASES;

/** What each comes to. */
export type Came = { [K in CaseName]: Awaited<ReturnType<typeof CASES[K]>> };

/** Runs them all. */
export async function runAll(start: Start): Promise<Came> {
  const came: Record<string, unknown> = {};
  for (const [name, run] of Object.entries(CASES)) came[name] = await run(start);
  return came as Came;
}
