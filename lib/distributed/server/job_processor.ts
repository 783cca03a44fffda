/** Runs the jobs that a worker was handed: checks each, and sends to Redis what its body gives while it runs. */

import type { ModuleLoadError } from "../../errors.ts";
import type { Executor } from "../../executor/executor.ts";
import type { Broker } from "../broker/broker.ts";
import { type BullQueue, type Job, UnrecoverableError } from "../broker/bullmq.ts";
import { isName, KEYS_LAST } from "../broker/names.ts";
import {
  BEGUN_STREAM,
  type ChunkData,
  MOST_PRINTED,
  type PrintedRecord,
  type Results,
  type RoomRecord,
  RUN_BY,
} from "../broker/protocol.ts";
import { ChunkRun } from "./chunk_run.ts";
import type { ChunksInHand } from "./chunks_in_hand.ts";
import type { Inbox } from "./inbox.ts";
import type { JobCheck } from "./job_check.ts";
import type { JobRunInit } from "./job_run.ts";
import type { StartRequests } from "./start_requests.ts";
import { StreamRun } from "./stream_run.ts";
import { Wakes } from "./wakes.ts";

/** Adds a part only if the job exists. A job that has lost its lock may have ended elsewhere, and its parts would never be removed. */
const PUSH_PART = `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('RPUSH', KEYS[2], ARGV[1])
return redis.call('PEXPIRE', KEYS[2], ${KEYS_LAST})`;

/** The field of a stream's job with the body of which values were sent: the number of a job chunk on a worker. */
const YIELDED = "polyloop:yielded";

/**
 * Adds values of a stream, if the job exists, this worker was the last to begin it, and no other body has sent any. Returns 0 if not.
 * Values that are sent twice, because the connection broke meanwhile, are added once.
 */
const PUSH_VALUES = `
local by, body = unpack(redis.call('HMGET', KEYS[1], '${RUN_BY}', '${YIELDED}'))
if not by or string.sub(by, -#ARGV[1]) ~= ARGV[1] or body and body ~= ARGV[4] then return 0 end
redis.call('HSET', KEYS[1], '${YIELDED}', ARGV[4])
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[3])
return redis.call('PEXPIRE', KEYS[2], ${KEYS_LAST})`;

/**
 * Returns the token of the producer that waits for a job's results, the body that has sent values of its stream, and how long its
 * inputs may still wait. Notes in the job, if it still exists, which worker begins it: none, if values were sent.
 */
const TAKE = `
local yielded = redis.call('HGET', KEYS[1], '${YIELDED}')
if redis.call('EXISTS', KEYS[1]) == 1 and not yielded then
  local before = redis.call('HGET', KEYS[1], '${RUN_BY}')
  redis.call('HSET', KEYS[1], '${RUN_BY}', before and before .. ' ' .. ARGV[1] or ARGV[1])
end
return {redis.call('GET', KEYS[2]), yielded, redis.call('PTTL', KEYS[3])}`;

/** Adds what bodies have printed, if the job exists and its run has read most of what they have printed before. */
const PUSH_PRINTED = `
if redis.call('EXISTS', KEYS[1]) == 0 or redis.call('LLEN', KEYS[2]) >= ${MOST_PRINTED} then return 0 end
redis.call('RPUSH', KEYS[2], ARGV[1])
return redis.call('PEXPIRE', KEYS[2], ${KEYS_LAST})`;

export interface JobProcessorHost {
  /** A job chunk of a run has begun. */
  began(run: string): void;
  /** A body has printed a text that its run does not take. */
  printed(text: string): void;
  /** No thread or process can be started any more. */
  broken(error: ModuleLoadError): void;
}

interface JobProcessorInit {
  broker: Broker;
  executor: Executor;
  /** The worker's id. */
  server: string;
  /** The two queues of the version and the worker's pool. */
  queues: { chunks: BullQueue; quarantine: BullQueue };
  jobs: JobCheck;
  chunks: ChunksInHand;
  starts: StartRequests;
  inbox: Inbox;
  host: JobProcessorHost;
}

export class JobProcessor {
  readonly #init: JobProcessorInit;
  readonly #wakes: Wakes;
  isDraining = false;
  #streams = 0;

  constructor(init: JobProcessorInit) {
    this.#init = init;
    this.#wakes = new Wakes(init.broker);
  }

  /** Begins no more jobs. */
  drain(): void {
    this.isDraining = true;
    this.#init.chunks.drain();
  }

  /** Runs one job, and resolves with its results. Inputs without a result are handed out again. */
  async process(job: Job): Promise<Results | undefined> {
    const { broker: { client, keys }, executor, server, queues, jobs, host } = this.#init;
    const id = job.id!;
    const { chunk, inputs } = jobs.check(job.data);
    const jobKey = Object.values(queues).find(({ name }) => name === job.queueName)!.toKey(id);
    const [holder, yielded, wait] = await client.eval(
      TAKE,
      3,
      jobKey,
      keys.lock(chunk.run),
      keys.waits(id),
      server,
    ) as [string | null, string | null, number];
    // No producer waits for this job, as far as is known. A producer that does wait adds it again.
    if (holder !== chunk.token || this.isDraining) return undefined;
    host.began(chunk.run);
    const known = this.#init.chunks.get(id);
    // The lock has expired while the broker was away, and this worker got its own job again: the body goes on.
    if (known instanceof StreamRun) return await this.#init.chunks.run(job, { chunk, run: known });
    // Its reader has had values of the body before. Those of another body would not go on from there.
    if (yielded !== null) {
      const hasEnded = yielded.startsWith(`${server}/`);
      throw new UnrecoverableError(hasEnded ? "its stream has ended without an outcome" : BEGUN_STREAM);
    }
    const init = {
      executor,
      server,
      chunk,
      inputs,
      queueTimeout: chunk.options.queueTimeout === undefined ? undefined : Math.max(0, wait),
      startOf: chunk.limited ? this.#startsOf(id, chunk) : undefined,
      onPart: async (results: Results) => {
        await client.eval(PUSH_PART, 2, jobKey, keys.parts(id), JSON.stringify(results));
        this.wake(job);
      },
      onPrinted: async (printed: PrintedRecord) => {
        const taken = await client.eval(PUSH_PRINTED, 2, jobKey, keys.printed(id), JSON.stringify(printed))
          .catch(() => 0);
        if (taken !== 1) { for (const [, , , , text] of printed.pieces) host.printed(text); }
        this.wake(job);
      },
      onBroken: (error: ModuleLoadError) => host.broken(error),
    };
    if (chunk.stream === undefined) {
      return await this.#init.chunks.run(job, { chunk, run: new ChunkRun(init), lock: `${jobKey}:lock` });
    }
    return await this.#init.chunks.run(job, { chunk, run: this.#startStream(job, jobKey, init) });
  }

  #startStream(job: Job, jobKey: string, init: JobRunInit): StreamRun {
    const { broker: { client, keys }, server, inbox } = this.#init;
    const body = `${server}/${++this.#streams}`;
    inbox.open();
    return new StreamRun({
      ...init,
      sendValues: async (first, values) => {
        const text = JSON.stringify({ v: 1, server, first, values });
        const last = first + values.length;
        const [jobs, own] = [[jobKey, keys.values(job.id!)], [server, last, text, body]];
        const isOurs = Number(await client.eval(PUSH_VALUES, 2, ...jobs, ...own)) === 1;
        if (isOurs) this.wake(job);
        return isOurs;
      },
    });
  }

  #startsOf(id: string, chunk: ChunkData): JobRunInit["startOf"] {
    const { starts, inbox } = this.#init;
    inbox.open();
    return starts.startsOf(id, chunk);
  }

  /** Lets a stream yield more values. */
  roomGranted({ job, room }: RoomRecord): void {
    const run = this.#init.chunks.get(job);
    if (run instanceof StreamRun) run.grant(room);
  }

  /** Tells the job's producer that there is news. */
  wake(job: Job): void {
    const run = (job.data as { run?: unknown } | null)?.run;
    if (typeof run === "string" && isName(run)) this.#wakes.add(run, job.id!);
  }
}
