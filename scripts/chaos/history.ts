/**
 * Random histories of one executor, from a seed: calls of all its methods, in any order, some read and some not, until
 * it is closed in one of its ways. Then every promise and iterator that it ever returned must have settled, and no body
 * may run.
 */

import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Executor, type Isolation, type MapResults, type TaskOptions } from "../../mod.ts";
import { randomFrom } from "./random.ts";

type Tasks = typeof import("../../tests/executor/fixtures/history_tasks.ts");

const MODULE = new URL("../../tests/executor/fixtures/history_tasks.ts", import.meta.url);

/**
 * Time without a mark after which no body is assumed to run, in milliseconds. Bodies leave a mark about every
 * millisecond.
 */
const SILENCE = 30;

/**
 * Runs one history. Returns its steps, which help to find a fault. Throws if something has not settled or still runs.
 */
export async function history(isolation: Isolation, seed: number): Promise<string[]> {
  const random = randomFrom(seed);
  const folder = mkdtempSync(join(tmpdir(), "history-"));
  const file = join(folder, "marks");
  writeFileSync(file, "");
  const steps: string[] = [];
  const open = new Set<string>();
  const iterators: AsyncIterableIterator<unknown>[] = [];
  let calls = 0;
  // Half of the histories have sources that may stop for ever, and are ended by force.
  const mayBeStuck = seed % 2 === 0;
  const whole = (below: number) => Math.floor(random() * below);
  const oneOf = <T>(...choices: T[]): T => choices[whole(choices.length)];
  const executor = new Executor<Tasks>(MODULE, {
    isolation,
    workers: 1 + whole(2),
    concurrency: 1 + whole(4),
    gracePeriod: oneOf(20, 500),
    maxQueue: oneOf(2, Infinity, Infinity),
    retry: oneOf(undefined, { attempts: 3, minDelay: 1, maxDelay: oneOf(5, 60_000) }),
    startTimeout: 20_000,
  });

  for (let left = 3 + whole(12); left > 0; left--) {
    act();
    if (random() < 0.5) await new Promise((resolve) => setTimeout(resolve, whole(15)));
  }
  const ending = end();
  // More calls, by code that does not know of the close.
  for (let left = whole(4); left > 0; left--) act();
  if (random() < 0.2) await Promise.all([ending, end()]);
  else await ending;
  if (open.size > 0) throw wrong(`unsettled: ${[...open].join(", ")}`);
  const before = statSync(file).size;
  await Promise.all(iterators.map(readRest));
  await new Promise((resolve) => setTimeout(resolve, SILENCE));
  if (statSync(file).size !== before) throw wrong("a body runs");
  const { pending, inFlight, workers } = executor.stats();
  if (pending + inFlight + workers.length > 0) throw wrong("not all is gone");
  rmSync(folder, { recursive: true });
  return steps;

  function wrong(what: string): Error {
    return new Error(`seed ${seed} on ${isolation}: ${what}; after ${steps.join("; ")}`);
  }

  /** Checks at the end that this promise has settled. */
  function watch(name: string, promise: Promise<unknown>): Promise<unknown> {
    const call = `${name} ${++calls}`;
    open.add(call);
    const settled = () => void open.delete(call);
    promise.then(settled, settled);
    return promise;
  }

  function call(name: string, promise: Promise<unknown>): Promise<unknown> {
    steps.push(name);
    return watch(name, promise);
  }

  function input() {
    return { file, ms: oneOf(0, 0, 1, 5, 30, 120), fails: random() < 0.15, minds: random() < 0.5 };
  }

  function options(signal?: AbortSignal): TaskOptions {
    return {
      signal,
      timeout: random() < 0.2 ? 10 : undefined,
      queueTimeout: random() < 0.1 ? 10 : undefined,
      priority: whole(2),
      key: random() < 0.2 ? whole(3) : undefined,
    };
  }

  function signal(): AbortSignal | undefined {
    if (random() < 0.7) return undefined;
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error("stop")), whole(40));
    return controller.signal;
  }

  /** Returns inputs that come at once, later, or never after the first few. */
  function inputs(): Iterable<ReturnType<typeof input>> | AsyncIterable<ReturnType<typeof input>> {
    const count = oneOf(0, 1, 5, 30);
    const all = Array.from({ length: count }, input);
    const stuck = mayBeStuck && random() < 0.5;
    async function* later() {
      for (const one of all) {
        if (random() < 0.3) await new Promise((resolve) => setTimeout(resolve, 1));
        yield one;
      }
      if (stuck) await new Promise(() => {});
    }
    return stuck || random() < 0.5 ? later() : all;
  }

  function act(): void {
    const dice = random();
    if (dice < 0.2) {
      return void call("run", executor.run("mark", input(), options(signal()))).catch(() => {});
    }
    if (dice < 0.35) return void submit();
    if (dice < 0.65) return map();
    if (dice < 0.8) return stream();
    if (dice < 0.84) return void call("broadcast", executor.broadcast("mark", input())).catch(() => {});
    if (dice < 0.88) {
      const tasks = Array.from({ length: whole(5) }, () => ({ task: "mark" as const, input: input() }));
      return void call("executeTasks", executor.executeTasks(tasks));
    }
    if (dice < 0.91) return void call("ready", executor.ready()).catch(() => {});
    if (dice < 0.94) return void call("onIdle", executor.onIdle());
    if (dice < 0.97) {
      steps.push("pause");
      executor.pause();
      return void setTimeout(() => executor.resume(), whole(20));
    }
    steps.push("setConcurrency");
    executor.setConcurrency(1 + whole(6));
  }

  function submit(): void {
    const handle = executor.submit("mark", input(), options());
    const result = call("submit", handle.result);
    if (random() < 0.3) setTimeout(() => handle.cancel(), whole(30));
    result.catch(() => {});
  }

  function map(): void {
    const results = executor.map("mark", inputs(), {
      ordered: random() < 0.5,
      settled: random() < 0.5,
      window: oneOf(undefined, 1, 3),
      signal: signal(),
      drain: signal(),
      timeout: random() < 0.2 ? 10 : undefined,
    });
    read("map", results, {
      toArray: () => watch("toArray()", results.toArray()),
      batches: () => loop("a batch", results.batches(), Infinity),
    });
  }

  function stream(): void {
    const values = executor.stream("marks", { ...input(), count: oneOf(0, 3, 200) }, options(signal()));
    read("stream", values, {});
  }

  /**
   * Reads an iterator in one of the possible ways: to the end, in part, by a loop that breaks, with several readers, or
   * never.
   */
  function read(
    what: string,
    values: AsyncIterableIterator<unknown> & Pick<MapResults<unknown>, "return">,
    own: Record<string, () => Promise<unknown>>,
  ): void {
    iterators.push(values);
    const ways: Record<string, () => Promise<unknown>> = {
      ...own,
      loop: () => loop(`a ${what}'s result`, values, Infinity),
      leave: () => loop(`a ${what}'s result`, values, whole(4)),
      return: async () => {
        const first = values.next();
        await Promise.allSettled([watch("next()", first), watch("return()", values.return())]);
      },
      next: () => watch("next()", values.next()),
      several: () => Promise.all([1, 2, 3].map(() => watch("next()", values.next()))),
      never: () => Promise.resolve(),
    };
    const way = oneOf(...Object.keys(ways));
    steps.push(`${what} ${way}`);
    void ways[way]().catch(() => {});
  }

  /** The promise of the loop is not the executor's. But each result that the loop awaits is. */
  async function loop(what: string, values: AsyncIterable<unknown>, most: number): Promise<void> {
    const iterator = values[Symbol.asyncIterator]();
    for (let read = 0; read < most; read++) {
      if ((await watch(what, iterator.next()) as IteratorResult<unknown>).done) return;
      await pause();
    }
    await watch(`${what} is left`, iterator.return!());
  }

  async function pause(): Promise<void> {
    if (random() < 0.2) await new Promise((resolve) => setTimeout(resolve, 1));
  }

  function end(): Promise<void> {
    const ways: (() => Promise<void>)[] = [
      () => executor.terminate(),
      () => executor.close({ timeout: whole(200) }),
      () => executor.close({ pending: "cancel" }),
      () => executor.close({ pending: "finish" }),
      () => executor.close(),
    ];
    const at = whole(mayBeStuck ? 2 : ways.length);
    steps.push(
      ["terminate()", "close({ timeout })", 'close({ pending: "cancel" })', "close()", "close()"][at],
    );
    return ways[at]();
  }

  /** Checks that the rest of an iterator is available, or that it reports at once why not. */
  async function readRest(iterator: AsyncIterableIterator<unknown>): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stuck = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(wrong("an iterator is stuck")), 10_000);
    });
    const read = async () => {
      for (let isDone = false; !isDone;) {
        isDone = await iterator.next().then(({ done }) => done === true, () => false);
      }
    };
    await Promise.race([read(), stuck]);
    clearTimeout(timer);
  }
}
