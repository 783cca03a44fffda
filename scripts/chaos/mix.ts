/**
 * Chaos from a seed: some tasks throw, hang, end their worker or return a value that cannot be cloned. Tasks are
 * cancelled and the executor is ended at random moments. Each task must settle exactly once and correctly, and nothing
 * may be left.
 */

import {
  Executor,
  ExecutorClosedError,
  type Isolation,
  type MapOutcome,
  TaskCloneError,
  type TaskOptions,
  TaskTimeoutError,
  WorkerLostError,
} from "../../mod.ts";
import type { Act } from "../../tests/executor/fixtures/chaos_tasks.ts";
import { randomFrom } from "./random.ts";

type Tasks = typeof import("../../tests/executor/fixtures/chaos_tasks.ts");

const MODULE = new URL("../../tests/executor/fixtures/chaos_tasks.ts", import.meta.url);

const MOST_PENDING = 300;

/** Number of outcomes by kind: `ok`, or the name of the error. */
export type Ends = Record<string, number>;

/** Runs the tasks of one executor until its end. Throws at the first wrong outcome. */
export async function chaos(isolation: Isolation, tasks: number, seed: number): Promise<Ends> {
  const random = randomFrom(seed);
  const executor = new Executor<Tasks>(MODULE, {
    isolation,
    workers: { min: 1, max: 3 },
    concurrency: random() < 0.2 ? "auto" : slots(),
    rate: random() < 0.3 ? { tasks: 10_000 + random() * 40_000, perMs: 1_000 } : undefined,
    limitPer: random() < 0.4 ? { most: slots(), key: kindOf } : undefined,
    gracePeriod: 30,
    idleTimeout: 20,
    stallTimeout: 5_000,
    recycle: random() < 0.5 ? { tasks: 500 } : {},
  });
  const mapped = Math.floor(tasks / 3);
  const submitted = tasks - mapped;
  const settled = new Uint8Array(tasks);
  const ends: Ends = {};
  const all: Promise<void>[] = [];
  const endsAt = submitted * (0.8 + random() * 0.2);
  const how = random();
  let ending: Promise<void> | undefined;
  for (let id = submitted; id < tasks;) {
    const end = Math.min(tasks, id + 200 + Math.floor(random() * 2_000));
    all.push(map(id, end));
    id = end;
  }
  for (let id = 0; id < submitted; id++) {
    submit(id);
    if (random() < 0.001) executor.setConcurrency(slots());
    if (id >= endsAt) ending ??= end();
    // Most tasks run. When the executor ends, some hundreds are left.
    while (executor.stats().pending > MOST_PENDING) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(all);
  await (ending ?? end());
  const wrong = settled.findIndex((times) => times !== 1);
  if (wrong >= 0) throw new Error(`seed ${seed}: task ${wrong} settled ${settled[wrong]} times`);
  const { pending, inFlight, retrying, workers } = executor.stats();
  if (pending + inFlight + retrying + workers.length > 0) {
    throw new Error(`seed ${seed}: left over: ${JSON.stringify({ pending, inFlight, retrying, workers })}`);
  }
  return ends;

  function slots(): number {
    return 1 + Math.floor(random() * 32);
  }

  function submit(id: number): void {
    const doing = actOf(random(), isolation);
    const options: TaskOptions = {
      timeout: doing === "hang" || doing === "wait" ? 20 : random() < 0.05 ? random() * 20 : undefined,
      queueTimeout: random() < 0.02 ? random() * 50 : undefined,
      priority: Math.floor(random() * 3),
      retry: random() < 0.3 ? { attempts: 3, minDelay: 0, maxDelay: 10, losses: 1 } : undefined,
      key: random() < 0.1 ? `key ${Math.floor(random() * 5)}` : undefined,
    };
    const handle = executor.submit("act", { id, act: doing }, options);
    let cancelled = false;
    const count = (name: string) => {
      settled[id]++;
      ends[name] = (ends[name] ?? 0) + 1;
    };
    all.push(handle.result.then(
      (value) => {
        // A task that forges messages may report anything about itself.
        if (doing !== "forge" && (value !== id || doing !== "echo" && doing !== "sleep")) {
          throw new Error(`seed ${seed}: task ${id} (${doing}) resolved with ${value}`);
        }
        count("ok");
      },
      (error) => {
        if (!mayFail(error)) throw new Error(`seed ${seed}: task ${id} (${doing}) failed`, { cause: error });
        count(String(error?.name));
      },
    ));
    if (random() >= 0.03) return;
    const cancel = () => {
      cancelled = true;
      handle.cancel();
    };
    if (random() < 0.5) cancel();
    else setTimeout(cancel, random() * 20);

    function mayFail(error: unknown): boolean {
      if (doing === "forge") return true;
      if (error instanceof ExecutorClosedError) return ending !== undefined;
      if (error instanceof WorkerLostError) return true;
      if (error instanceof TaskTimeoutError) {
        return options.timeout !== undefined || options.queueTimeout !== undefined;
      }
      if (error instanceof TaskCloneError) return doing === "unclonable";
      if (error instanceof RangeError) return doing === "throw" && error.message === `chaos ${id}`;
      return cancelled && (error as Error).name === "AbortError";
    }
  }

  /** Runs some of the tasks by `map`, which is cancelled, drained or left at a random moment, or read to its end. */
  async function map(first: number, end: number): Promise<void> {
    const acts = new Map<number, Act>();
    function* inputs() {
      for (let id = first; id < end; id++) {
        // Without a timeout, tasks that hang would never end.
        const drawn = actOf(random(), isolation);
        const act = drawn === "hang" || drawn === "wait" ? "echo" : drawn;
        acts.set(id, act);
        yield { id, act };
      }
    }
    const cancelled = new AbortController();
    const drained = new AbortController();
    const results = executor.map("act", inputs(), {
      settled: true,
      ordered: random() < 0.5,
      signal: cancelled.signal,
      drain: drained.signal,
      retry: random() < 0.5 ? { attempts: 2, minDelay: 0, maxDelay: 5, losses: 1 } : undefined,
      timeout: random() < 0.2 ? 1_000 : undefined,
    });
    const stops = [() => cancelled.abort(), () => drained.abort(), () => void results.return()];
    const dice = random();
    const stop = stops.at(Math.floor(dice * 6));
    let left = random() * (end - first);
    try {
      for await (const outcome of results) {
        const id = first + outcome.index;
        settled[id]++;
        if (!mayEndSo(id, outcome)) {
          throw new Error(`seed ${seed}: mapped task ${id} (${acts.get(id)})`, { cause: outcome });
        }
        const name = outcome.status === "fulfilled" ? "ok" : String((outcome.reason as Error)?.name);
        ends[name] = (ends[name] ?? 0) + 1;
        if (--left < 0) stop?.();
      }
    } catch (error) {
      const mayThrow = error instanceof ExecutorClosedError
        ? ending !== undefined
        : error === cancelled.signal.reason;
      if (!mayThrow) throw error;
    }
    // Inputs that were never pulled, or were taken back, have no outcome. A map that was read to its end has all
    // outcomes.
    for (let id = first; id < end; id++) {
      if (settled[id] === 0 && (stop && left < 0 || ending)) {
        settled[id] = 1, ends.dropped = (ends.dropped ?? 0) + 1;
      }
    }

    function mayEndSo(id: number, outcome: MapOutcome): boolean {
      const act = acts.get(id);
      if (act === "forge") return true;
      if (outcome.status === "fulfilled") return outcome.value === id && (act === "echo" || act === "sleep");
      const error = outcome.reason;
      if (error instanceof ExecutorClosedError) return ending !== undefined;
      if (error instanceof WorkerLostError) return true;
      if (error instanceof TaskTimeoutError) return true;
      if (error instanceof TaskCloneError) return act === "unclonable";
      if (error instanceof RangeError) return act === "throw" && error.message === `chaos ${id}`;
      return error === cancelled.signal.reason;
    }
  }

  function end(): Promise<void> {
    if (how < 0.3) return executor.terminate();
    return executor.close(how < 0.6 ? { timeout: random() * 200 } : {});
  }
}

/** Returns one of a few kinds, or none. */
function kindOf({ id }: { id: number }): number | undefined {
  return id % 7 === 0 ? undefined : id % 3;
}

/**
 * 3 % throw, 0.05 % forge messages, 0.5 % hang, 0.2 % exit their worker, 0.05 % kill it, 1 % return a value that cannot
 * be cloned.
 */
function actOf(dice: number, isolation: Isolation): Act {
  if (dice < 0.03) return "throw";
  if (dice < 0.0325) return "hang";
  if (dice < 0.035) return "wait";
  if (dice < 0.045) return "unclonable";
  // In the caller's own thread, messages cannot be forged.
  if (isolation !== "none" && dice < 0.0455) return "forge";
  // Without a worker, a task cannot end one.
  if (isolation !== "none" && dice < 0.047) return "exit";
  if (isolation === "process" && dice < 0.0475) return "kill";
  return dice < 0.2 ? "sleep" : "echo";
}
