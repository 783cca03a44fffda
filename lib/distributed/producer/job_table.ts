/** Adds, reads and removes the jobs of a producer in Redis, many at a time. */

import type { Broker } from "../broker/broker.ts";
import type { BullQueue } from "../broker/bullmq.ts";
import type { Chunk } from "./chunk_feed.ts";
import { packTexts } from "../broker/encoding.ts";
import { KEYS_LAST } from "../broker/names.ts";
import { type ChunkData, MOST_PRINTED, type RoomRecord, RUN_BY } from "../broker/protocol.ts";

export type JobState =
  | { kind: "missing" }
  | { kind: "open" }
  /** `workers`: the ids of the workers that had begun it, the last one last. */
  | { kind: "failed"; reason: string; workers: readonly string[] }
  | { kind: "completed"; results: string };

/**
 * Removes those jobs of ARGV that have not ended and are in none of the queue's lists. No worker would ever get them,
 * so they are added again. BullMQ moves a job from list to list in one step. The script also reads the queue's other
 * keys, to get the error of a key with the wrong type, which would make workers fail again and again.
 */
const REMOVE_LOST = `
local there = {}
for at = 1, 3 do
  for _, id in ipairs(redis.call('LRANGE', KEYS[at], 0, -1)) do there[id] = true end
end
for at = 4, 5 do
  for _, id in ipairs(redis.call('ZRANGE', KEYS[at], 0, -1)) do there[id] = true end
end
redis.call('ZCARD', KEYS[6])
redis.call('ZCARD', KEYS[7])
redis.call('SCARD', KEYS[8])
redis.call('XLEN', KEYS[9])
for _, id in ipairs(ARGV) do
  local job = KEYS[10] .. id
  if not there[id] and redis.call('EXISTS', job) == 1 and redis.call('HEXISTS', job, 'finishedOn') == 0 then
    redis.call('DEL', job, job .. ':lock')
  else
    redis.call('PEXPIRE', job, ${KEYS_LAST})
  end
end`;

/** The keys of a queue that the script reads. */
const LISTS = [
  "wait",
  "paused",
  "active",
  "delayed",
  "prioritized",
  "completed",
  "failed",
  "stalled",
  "events",
];

/** Maximum number of parts with progress that are taken at once. A guess. */
const MOST_TAKEN = 1_000;

/** The failure of a job whose hash was deleted. */
const DELETED = "the job was deleted from the broker before it ended";

export class JobTable {
  readonly #broker: Broker;
  readonly #common: Pick<ChunkData, "run" | "token" | "fingerprint" | "limited">;

  constructor(broker: Broker, common: Pick<ChunkData, "run" | "token" | "fingerprint" | "limited">) {
    this.#broker = broker;
    this.#common = common;
  }

  /** Adds jobs. A job whose id already exists stays as it is. */
  async add(chunks: Chunk[]): Promise<void> {
    const jobs = (some: Chunk[]) =>
      some.map((chunk) => ({
        name: chunk.feed.spec.task.slice(0, 64),
        data: this.#dataOf(chunk),
        opts: {
          jobId: chunk.id,
          attempts: 1,
          removeOnComplete: false,
          removeOnFail: false,
          stackTraceLimit: 0,
        },
      }));
    await this.#beginWaits(chunks);
    for (const [queue, some] of this.#byQueue(chunks)) await queue.addBulk(jobs(some));
  }

  /** Begins the time for which inputs may wait in Redis, on its clock. */
  async #beginWaits(chunks: Chunk[]): Promise<void> {
    const { client, keys } = this.#broker;
    const limited = chunks.filter(({ feed }) => feed.spec.options.queueTimeout !== undefined);
    if (limited.length === 0) return;
    const pipeline = client.pipeline();
    for (const { id, arrived, feed } of limited) {
      const left = Math.ceil(arrived + feed.spec.options.queueTimeout! - performance.now());
      if (left > 0) pipeline.set(keys.waits(id), "1", "PX", left);
    }
    const failed = (await pipeline.exec() ?? []).find(([error]) => error);
    if (failed) throw failed[0];
  }

  async look(chunks: Chunk[]): Promise<JobState[]> {
    const pipeline = this.#broker.client.pipeline();
    for (const chunk of chunks) {
      pipeline.hmget(
        this.#queueOf(chunk).toKey(chunk.id),
        "name",
        "finishedOn",
        "failedReason",
        "returnvalue",
        RUN_BY,
      );
    }
    const replies = await pipeline.exec() ?? [];
    return chunks.map((_, at): JobState => {
      const [error, reply] = replies[at] ?? [new Error("no reply")];
      if (error) throw error;
      const [name, finished, reason, results, by] = reply as (string | null)[];
      if (finished === null) return { kind: name === null ? "missing" : "open" };
      // BullMQ makes a hash of its own for a job that was deleted while its id stood in a list.
      if (name === null) return { kind: "failed", reason: DELETED, workers: [] };
      if (reason !== null) return { kind: "failed", reason, workers: by?.split(" ") ?? [] };
      return { kind: "completed", results: results ?? "" };
    });
  }

  /** Removes jobs that have not ended and that no worker would ever get. */
  async removeLost(chunks: Chunk[]): Promise<void> {
    for (const [queue, some] of this.#byQueue(chunks)) {
      const ids = some.map(({ id }) => id);
      const keys = [...LISTS, ""].map((name) => queue.toKey(name));
      await this.#broker.client.eval(REMOVE_LOST, keys.length, ...keys, ...ids);
    }
  }

  /**
   * Reads the partial results of each job chunk, from part `chunk.parts` on. Those with progress are taken out, because a body may
   * report without end. They have no outcomes, so nothing else is lost if Redis fails before they arrive. What bodies have printed is
   * taken out as well. It is read after the parts: then nothing is missing that was printed before the outcomes in them.
   */
  async parts(chunks: Chunk[]): Promise<{ parts: string[]; printed: string[] }[]> {
    const { client, keys } = this.#broker;
    const pipeline = client.pipeline();
    for (const { id, parts, feed } of chunks) {
      if (feed.spec.onProgress) pipeline.lpop(keys.parts(id), MOST_TAKEN);
      else pipeline.lrange(keys.parts(id), parts, -1);
    }
    const printing = chunks.filter(({ feed }) => feed.spec.prints);
    for (const { id } of printing) pipeline.lpop(keys.printed(id), MOST_PRINTED);
    const replies = await pipeline.exec() ?? [];
    const textsAt = (at: number) => (replies[at]?.[1] ?? []) as string[];
    const printed = new Map(printing.map((chunk, at) => [chunk, textsAt(chunks.length + at)]));
    return chunks.map((chunk, at) => ({ parts: textsAt(at), printed: printed.get(chunk) ?? [] }));
  }

  /** Reads the values of each stream that its reader was not handed, and removes those that it was. Empty for other job chunks. */
  async values(chunks: Chunk[]): Promise<string[][]> {
    const { client, keys } = this.#broker;
    const streams = chunks.filter(({ feed }) => feed.spec.stream);
    if (streams.length === 0) return chunks.map(() => []);
    const pipeline = client.pipeline();
    for (const { id, yielded } of streams) {
      pipeline.zremrangebyscore(keys.values(id), "-inf", yielded);
      pipeline.zrange(keys.values(id), "0", "-1");
    }
    const replies = await pipeline.exec() ?? [];
    return chunks.map((chunk) => {
      const at = streams.indexOf(chunk);
      return at < 0 ? [] : (replies[2 * at + 1]?.[1] ?? []) as string[];
    });
  }

  /** Tells workers for how many values the readers of their streams have room. */
  async sendRoom(chunks: Chunk[]): Promise<void> {
    const { client, keys } = this.#broker;
    const streams = chunks.filter(({ feed, server }) => feed.spec.stream && server !== undefined);
    if (streams.length === 0) return;
    const pipeline = client.pipeline();
    for (const { id: job, server, feed } of streams) {
      const record: RoomRecord = { v: 1, job, room: feed.spec.stream!.room };
      const key = keys.grants(server!);
      pipeline.rpush(key, JSON.stringify(record)).ltrim(key, -MOST_TAKEN, -1).pexpire(key, KEYS_LAST);
    }
    const failed = (await pipeline.exec() ?? []).find(([error]) => error);
    if (failed) throw failed[0];
  }

  /** Removes jobs with their parts. Resolves for each with whether it was removed. A job that a worker runs is not removed. */
  async remove(chunks: Chunk[]): Promise<boolean[]> {
    if (chunks.length === 0) return [];
    const { client, keys } = this.#broker;
    const removed = await Promise.all(chunks.map((chunk) => this.#queueOf(chunk).remove(chunk.id)));
    await client.del(chunks.flatMap(({ id }) => keys.listsOf(id)));
    return removed.map((count) => count === 1);
  }

  /** Returns the workers that had begun each job chunk. */
  async begunBy(chunks: Chunk[]): Promise<string[][]> {
    const pipeline = this.#broker.client.pipeline();
    for (const chunk of chunks) pipeline.hget(this.#queueOf(chunk).toKey(chunk.id), RUN_BY);
    const replies = await pipeline.exec() ?? [];
    return chunks.map((_, at) => (replies[at]?.[1] as string | null | undefined)?.split(" ") ?? []);
  }

  #queueOf({ alone, pool }: Chunk): BullQueue {
    const { chunks, quarantine } = this.#broker.queues(this.#common.fingerprint, { pool });
    return alone ? quarantine : chunks;
  }

  #byQueue(chunks: Chunk[]): Map<BullQueue, Chunk[]> {
    const byQueue = new Map<BullQueue, Chunk[]>();
    for (const chunk of chunks) {
      const queue = this.#queueOf(chunk);
      const some = byQueue.get(queue);
      if (some) some.push(chunk);
      else byQueue.set(queue, [chunk]);
    }
    return byQueue;
  }

  #dataOf({ feed, texts, first, attempt }: Chunk): ChunkData {
    const { task, input, output, options, trace, keysOf, spanOf, indexed, each, tellsRetries, onProgress } =
      feed.spec;
    const { batch, adds, timed, prints } = feed.spec;
    const { run, token, limited } = this.#common;
    const stream = feed.spec.stream?.room;
    const isNew = stream !== undefined || attempt > 1 || options.queueTimeout !== undefined || batch ||
      adds ||
      timed || prints;
    return {
      v: isNew ? 3 : limited ? 2 : 1,
      ...this.#common,
      task,
      input,
      output,
      options,
      ...packTexts(texts),
      keys: keysOf ? keysOf(first, texts.length) : `${run}.${token}.${feed.number}`,
      first,
      ...(indexed && { indexed }),
      ...(each && { each }),
      ...(tellsRetries && { tellsRetries }),
      ...(attempt > 1 && { attempt }),
      ...(stream !== undefined && { stream }),
      ...(onProgress && { reports: true }),
      ...(batch && { batch }),
      ...(adds && { adds }),
      ...(timed && { timed }),
      ...(prints && { prints }),
      ...(trace && { trace }),
      ...(trace && spanOf && { spans: Array.from({ length: texts.length }, (_, at) => spanOf(first + at)) }),
    };
  }
}
