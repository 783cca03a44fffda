/**
 * Checks jobs: anybody who may write to the queue may have written them. What does not pass is rejected, counted and named.
 *
 * @module
 */

import type { Lines } from "../../wire/lines.ts";
import { UnrecoverableError } from "../broker/bullmq.ts";
import { unpackKeyed } from "../broker/encoding.ts";
import { type ChunkData, chunkSchema, shown } from "../broker/protocol.ts";

/** Maximum number of rejected jobs that are named. */
const MOST_NAMED = 10;

/** What the jobs of one worker must fit. */
interface JobCheckInit {
  fingerprint: string;
  /** The names of the tasks that the module exports. */
  tasks: string[];
  notice(line: string): void;
}

/** The check of one worker. */
export class JobCheck {
  /** Number of jobs that were rejected. */
  rejected = 0;
  readonly #init: JobCheckInit;

  constructor(init: JobCheckInit) {
    this.#init = init;
  }

  /**
   * Returns what a job holds, and its inputs with their keys.
   *
   * @throws {UnrecoverableError} if it does not pass; the message begins with `rejected: `
   */
  check(data: unknown): { chunk: ChunkData; inputs: Lines } {
    const { fingerprint, tasks } = this.#init;
    const { success, data: chunk, error } = chunkSchema.safeParse(data);
    if (!success) throw this.reject(`it is no job chunk (${error.issues[0]?.path.join(".")})`);
    if (chunk.fingerprint !== fingerprint) throw this.reject("its module is another");
    if (!tasks.includes(chunk.task)) {
      throw this.reject(`the module has no task ${shown(JSON.stringify(chunk.task.slice(0, 100)))}`);
    }
    const inputs = unpackKeyed(chunk);
    if (!inputs) throw this.reject("its inputs are not as many as it says");
    return { chunk, inputs };
  }

  /** Counts and names a job that is rejected; returns the error that ends it. */
  reject(why: string): Error {
    if (this.rejected++ < MOST_NAMED) this.#init.notice(`a job was rejected: ${why}`);
    return new UnrecoverableError(`rejected: ${why}`);
  }
}
