/**
 * Checks jobs, because any client with write access to the queue may have written them. Invalid jobs are rejected, counted and reported.
 */

import type { Lines } from "../../wire/lines.ts";
import { UnrecoverableError } from "../broker/bullmq.ts";
import { unpackKeyed } from "../broker/encoding.ts";
import { type ChunkData, chunkSchema, PROTOCOLS, shown } from "../broker/protocol.ts";

/** Maximum number of rejected jobs that are reported. */
const MOST_NAMED = 10;

interface JobCheckInit {
  fingerprint: string;
  /** The names of the tasks that the module exports. */
  tasks: string[];
  notice(line: string): void;
}

export class JobCheck {
  rejected = 0;
  readonly #init: JobCheckInit;

  constructor(init: JobCheckInit) {
    this.#init = init;
  }

  /**
   * Returns the data of a job, and its inputs with their keys.
   *
   * @throws {UnrecoverableError} if the job is invalid. The message begins with `rejected: `
   */
  check(data: unknown): { chunk: ChunkData; inputs: Lines } {
    const { fingerprint, tasks } = this.#init;
    const { success, data: chunk, error } = chunkSchema.safeParse(data);
    const { v } = (typeof data === "object" ? data : null) as { v?: unknown } ?? {};
    if (!success && typeof v === "number" && v > Math.max(...PROTOCOLS)) {
      throw this.reject(
        `it is of a newer polyloop (protocol ${v}); this worker knows protocols ${PROTOCOLS.join(", ")}`,
      );
    }
    if (!success) throw this.reject(`it is not a job chunk (${error.issues[0]?.path.join(".")})`);
    if (chunk.fingerprint !== fingerprint) throw this.reject("it is for another version of the module");
    if (!tasks.includes(chunk.task)) {
      throw this.reject(`the module has no task ${shown(JSON.stringify(chunk.task.slice(0, 100)))}`);
    }
    const inputs = unpackKeyed(chunk);
    if (!inputs) throw this.reject("the number of its inputs is not the one that it says");
    return { chunk, inputs };
  }

  /** Counts and reports a rejected job. Returns the error that ends it. */
  reject(why: string): Error {
    if (this.rejected++ < MOST_NAMED) this.#init.notice(`a job was rejected: ${why}`);
    return new UnrecoverableError(`rejected: ${why}`);
  }
}
