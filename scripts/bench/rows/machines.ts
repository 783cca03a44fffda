import { type ChildProcess, spawn } from "node:child_process";
import { RedisServer } from "../../../tests/distributed/redis.ts";
import { ask } from "../child.ts";
import { human, inTurns, median, ratios, spread } from "../figures.ts";
import type { BrokerRateOptions } from "../programs/broker_rate.ts";
import type { BrokerWorkerOptions } from "../programs/broker_worker.ts";
import type { Bench, Finding, Row } from "../row.ts";
import { DENO, programPath } from "../runtimes.ts";

/** The cost of a broker, compared with BullMQ used alone. */
export const machines: Row = { id: "machines", title: "tasks over a broker, with its log on", measure };

/** The answer of the program for polyloop. */
interface Answer {
  rate: number;
  memory: number;
}

async function measure({ rounds, size }: Bench): Promise<Finding[]> {
  const redis = await RedisServer.start().catch(() => undefined);
  if (!redis) return [{ measure: "items per second", missing: "there is no redis-server" }];
  try {
    return [...await rates(), ...await scaling(), ...await memory()];
  } finally {
    await redis[Symbol.asyncDispose]();
  }

  async function rates(): Promise<Finding[]> {
    const workers = { workers: 2, concurrency: 16 };
    const rate = async (count: number, chunkSize?: number) =>
      await withWorkers(
        [workers],
        "polyloop",
        async () => (await polyloop({ task: "identity", count, chunkSize })).rate,
      );
    const figures = await inTurns(rounds, {
      bare: () =>
        withWorkers(
          [workers],
          "bare",
          () => ask<number>(DENO, "broker_rate", options("bare", size(20_000, 200))),
        ),
      one: () => rate(size(20_000, 200), 1),
      adaptive: () => rate(size(600_000, 2_000)),
    });
    const details = [
      `items/s: adaptive chunks ${human(median(figures.adaptive))}, one per chunk ${
        human(median(figures.one))
      }, ` +
      `BullMQ with one job per item ${human(median(figures.bare))}`,
    ];
    return [
      {
        measure: "adaptive chunks / BullMQ, one job per item",
        target: { atLeast: 20 },
        unit: "×",
        ...spread(ratios(figures.adaptive, figures.bare)),
        details,
      },
      {
        measure: "one per chunk / BullMQ, one job per item",
        unit: "×",
        ...spread(ratios(figures.one, figures.bare)),
      },
    ];
  }

  async function scaling(): Promise<Finding[]> {
    const turns = await ask<number>(DENO, "calibrate", { milliseconds: size(5, 0.1) });
    const one = { workers: 1, concurrency: 1 };
    const rate = (workers: Pick<BrokerWorkerOptions, "workers" | "concurrency">[]) =>
      withWorkers(
        workers,
        "polyloop",
        async () => (await polyloop({ task: "spin", input: turns, count: size(2_000, 40) })).rate,
      );
    const figures = await inTurns(Math.min(rounds, 3), {
      one: () => rate([one]),
      two: () => rate([one, one]),
    });
    return [{
      measure: "tasks of 5 ms that compute: two worker processes / one",
      target: { atLeast: 1.7 },
      unit: "×",
      ...spread(ratios(figures.two, figures.one)),
      details: [`tasks/s: two ${human(median(figures.two))}, one ${human(median(figures.one))}`],
    }];
  }

  async function memory(): Promise<Finding[]> {
    const workers = [{ workers: 2, concurrency: 2 }];
    const most = (count: number) =>
      withWorkers(workers, "polyloop", async () => (await polyloop({ task: "identity", count })).memory);
    const figures = await inTurns(Math.min(rounds, 3), {
      few: () => most(size(10_000, 200)),
      many: () => most(size(1_000_000, 2_000)),
    });
    return [{
      measure: "Redis's most memory: a million inputs / ten thousand",
      target: { atMost: 1.2 },
      unit: "×",
      ...spread(ratios(figures.many, figures.few)),
      details: [`MB: a million ${human(median(figures.many))}, ten thousand ${human(median(figures.few))}`],
    }];
  }

  async function polyloop(more: Partial<BrokerRateOptions>): Promise<Answer> {
    return await ask<Answer>(DENO, "broker_rate", { ...options("polyloop", 0), ...more });
  }

  function options(kind: BrokerRateOptions["kind"], count: number): BrokerRateOptions {
    return { redis: redis!.url, kind, task: "identity", count };
  }

  async function withWorkers<T>(
    all: Pick<BrokerWorkerOptions, "workers" | "concurrency">[],
    kind: BrokerWorkerOptions["kind"],
    work: () => Promise<T>,
  ): Promise<T> {
    redis!.cli("flushall");
    const children = await Promise.all(all.map((one) => startWorker({ redis: redis!.url, kind, ...one })));
    try {
      return await work();
    } finally {
      for (const child of children) child.kill("SIGKILL");
    }
  }
}

async function startWorker(options: BrokerWorkerOptions): Promise<ChildProcess> {
  const [path, ...args] = DENO.command(programPath("broker_worker"), [JSON.stringify(options)]);
  const child = spawn(path, args, { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise<void>((resolve, reject) => {
    child.stdout.setEncoding("utf8").on("data", (text) => text.includes("serves") && resolve());
    child.on("exit", (code) => reject(new Error(`the worker ended with ${code}`)));
  });
  return child;
}
