/** Stand-ins for the neighbours of parts over a broker: a feed with a sink that writes down, and a client of Redis. */

import type { Broker } from "../../../lib/distributed/broker/broker.ts";
import { Keys } from "../../../lib/distributed/broker/names.ts";
import { ChunkFeed } from "../../../lib/distributed/producer/chunk_feed.ts";
import type { FeedSpec } from "../../../lib/distributed/producer/feed_spec.ts";
import type { TaskFacts } from "../../../lib/executor/tasks/feed.ts";

/** A feed, and what its sink was told. */
export interface RecordedFeed {
  feed: ChunkFeed;
  /** `[index, value]` of each result, `[index, error]` of each failure, in the order in which they came. */
  told: [index: number, outcome: unknown][];
  /** The facts of each input that settled alone. */
  facts: (TaskFacts | undefined)[];
  /** What its host was asked to take back. */
  withdrawn: string[];
}

/** A feed of a task with these inputs. `taken` says whether its host takes job chunks back. */
export function feedOf(
  task: string,
  inputs: unknown[],
  taken = true,
  spec: Partial<FeedSpec> = {},
): RecordedFeed {
  const told: RecordedFeed["told"] = [];
  const facts: RecordedFeed["facts"] = [];
  const withdrawn: string[] = [];
  const feed = new ChunkFeed({
    spec: { task, input: "json", output: "json", options: {}, ...spec },
    number: 1,
    host: {
      counted: () => {},
      filled: () => {},
      roomGranted: () => {},
      withdraw: (chunks) => {
        withdrawn.push(...chunks.map(({ id }) => id));
        return Promise.resolve(chunks.map(() => taken));
      },
    },
    sink: {
      succeeded(index, _micros, values) {
        for (let at = 0; at < values.length; at++) told.push([index + at, values.at(at)]);
      },
      settled(index, { value, task }) {
        told.push([index, value]);
        facts.push(task);
      },
      printed: (index, piece, count) => told.push([index, { ...piece, count }]) > 0,
    },
  });
  feed.push(inputs);
  return { feed, told, facts, withdrawn };
}

type Reply = (...args: unknown[]) => unknown;

/**
 * A broker whose client answers by these functions, and writes down the commands that have none. A pipeline or a transaction
 * is answered command by command.
 */
export function brokerOf(replies: Record<string, Reply> = {}): { broker: Broker; sent: unknown[][] } {
  const sent: unknown[][] = [];
  const answer = (name: string, args: unknown[]) => {
    if (!replies[name]) sent.push([name, ...args]);
    return replies[name]?.(...args) ?? null;
  };
  const group = () => {
    const results: [null, unknown][] = [];
    const commands: Record<string, unknown> = new Proxy({}, {
      get: (_, name: string) => (...args: unknown[]) => {
        if (name === "exec") return Promise.resolve(results);
        results.push([null, answer(name, args)]);
        return commands;
      },
    });
    return commands;
  };
  const client = new Proxy({}, {
    get: (_, name: string) =>
      name === "pipeline" || name === "multi"
        ? group
        : (...args: unknown[]) => Promise.resolve(answer(name, args)),
  });
  return { broker: { client, keys: new Keys("q"), label: "redis://h" } as unknown as Broker, sent };
}

/** Results of inputs that returned, as a worker writes them. */
export function resultsOf(done: [at: number, value: unknown][], failed: unknown[] = []): string {
  return JSON.stringify({
    v: 1,
    server: "w",
    done: done.map(([at, value]) => [at, 1, 1, 1_000, `${JSON.stringify(value)}\n`, 1]),
    failed,
  });
}

/** A worker's entry in the roster, as JSON. */
export function workerEntry(more: Record<string, unknown> = {}): string {
  return JSON.stringify({
    ...{
      id: "w",
      fingerprint: "a".repeat(64),
      module: "tasks.ts",
      tasks: ["square"],
      slots: 1,
      concurrency: 1,
    },
    ...{ started: 0, draining: false, inFlight: 0, succeeded: 0, failed: 0, rejected: 0, rate: 0 },
    ...more,
  });
}
