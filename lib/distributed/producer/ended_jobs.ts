/** Takes the results of job chunks, and decides whether their inputs without an outcome run again, run alone, or fail. */

import { WorkerLostError } from "../../errors.ts";
import { shown } from "../broker/protocol.ts";
import { BrokerError, RunRefusedError } from "../broker/errors.ts";
import type { Chunk } from "./chunk_feed.ts";
import type { JobState } from "./job_table.ts";
import { isLoss, type Verdict } from "./losses.ts";
import type { OpenChunks } from "./open_chunks.ts";
import type { Intake } from "./result_intake.ts";
import type { SpentJobs } from "./spent_jobs.ts";

/** Why a stream ends whose worker was lost: values that its reader has had cannot be taken back. */
const LOST_STREAM = "its process ended or stopped responding before the stream had ended";
/** Maximum number of consecutive jobs that workers cannot begin, or whose results cannot be read. A guess. */
const MOST_FAILURES = 100;
/** Maximum number of rejected results that are reported by name. */
const MOST_NAMED = 10;
/** Maximum number of losses of an input of which none proves anything. A guess: else it might go round for ever. */
const MOST_LOST = 20;

export interface EndedJobsHost {
  /** Whether the run has ended: then nothing settles any more. */
  readonly hasEnded: boolean;
  /** Adds job chunks to Redis. Does not reject. */
  add(chunks: Chunk[]): Promise<void>;
  fail(error: Error): void;
}

interface EndedJobsInit {
  run: string;
  open: OpenChunks;
  spent: SpentJobs;
  intake: Intake;
  notice(line: string): void;
  host: EndedJobsHost;
}

export class EndedJobs {
  /** Number of inputs that ran alone. */
  quarantined = 0;
  readonly #init: EndedJobsInit;
  #rejected = 0;
  /** Number of consecutive jobs that failed through no fault of their inputs. */
  #failures = 0;

  constructor(init: EndedJobsInit) {
    this.#init = init;
  }

  /** Takes results of a job chunk. If they are rejected, their inputs run again. */
  take(chunk: Chunk, text: string): void {
    const { run, intake } = this.#init;
    const taken = intake.take(chunk, text);
    if ("inputs" in taken) {
      if (taken.inputs > 0) this.#failures = 0;
      return;
    }
    this.#reject(`results of the run ${run} are rejected, and their inputs run again`, taken.fault);
  }

  #reject(what: string, text: string): void {
    const { notice, host } = this.#init;
    const fault = shown(text);
    if (this.#rejected++ < MOST_NAMED) notice(`${what}: ${fault}`);
    if (++this.#failures > MOST_FAILURES) {
      host.fail(new Error(`The results of workers cannot be read: ${fault}`));
    }
  }

  /** Takes values of a stream. If they are rejected, the stream ends. */
  takeValues(chunk: Chunk, text: string): void {
    const fault = this.#init.intake.takeValues(chunk, text);
    if (fault === undefined) return;
    const what = `values of a stream of the run ${this.#init.run} are rejected`;
    this.#reject(what, fault);
    chunk.feed.cancel(new BrokerError("unknown", `The ${what}: ${shown(fault)}`));
  }

  /** Takes a job that has completed, with all results that were not sent before. */
  completed(chunk: Chunk, results: string): void {
    const { left } = chunk;
    // A worker that drains, or that does not know the run, returns no results.
    if (results !== "" && results !== "null") this.take(chunk, results);
    if (this.#init.host.hasEnded) return;
    this.end(chunk);
    // At once if the worker settled an input. Otherwise a fault could send the job round and round without a pause.
    this.#goAgain(chunk, { later: chunk.left === left });
  }

  /** Takes a job that BullMQ calls failed: it was lost or could not begin. The failures of inputs are results. */
  failed(chunk: Chunk, { reason }: Extract<JobState, { kind: "failed" }>, verdict: Verdict): void {
    const { run, host } = this.#init;
    if (reason.startsWith("rejected: ")) {
      return host.fail(
        new RunRefusedError(run, `A worker rejects the run ${run}: ${shown(reason.slice(10))}`),
      );
    }
    if (verdict === "open") return;
    // The worker of a stream is present. It goes on with the body, and sends values and the outcome as long as the job exists.
    if (isLoss(reason) && verdict === "none" && chunk.yielded > 0) return;
    this.end(chunk);
    if (isLoss(reason)) return this.#lost(chunk, verdict);
    if (++this.#failures > MOST_FAILURES) {
      return host.fail(new Error(`Workers cannot begin: ${shown(reason)}`));
    }
    this.#goAgain(chunk, { later: true });
  }

  /**
   * Takes a job chunk whose job was removed, because all workers of its pool are gone. `verdict`: of the loss of the workers that had begun
   * it; undefined if none had.
   */
  moved(chunk: Chunk, verdict: Verdict | undefined): void {
    this.#init.open.close(chunk);
    if (verdict !== undefined) return this.#lost(chunk, verdict);
    const { feed, alone, arrived } = chunk;
    if (alone) return this.#goAgain(chunk, { later: false });
    for (const block of chunk.openBlocks().reverse()) feed.putBack({ ...block, arrived });
  }

  /** Decides about inputs whose workers were lost. */
  #lost(chunk: Chunk, verdict: Verdict): void {
    const lost = chunk.lost + 1;
    const isProof = verdict === "proof" || lost >= MOST_LOST;
    if (!isProof || (!chunk.alone && chunk.feed.isDrained)) {
      return this.#goAgain(chunk, { later: true, lost });
    }
    if (chunk.alone) this.#failCulprit(chunk);
    else if (!this.#failBegun(chunk)) this.#isolate(chunk);
  }

  /** Fails a stream whose reader has had values: those of another body would not go on from there. Returns whether it is one. */
  #failBegun(chunk: Chunk): boolean {
    if (chunk.yielded === 0) return false;
    if (chunk.left > 0) this.#failLost(chunk, LOST_STREAM, chunk.attempt);
    return true;
  }

  #failLost(chunk: Chunk, reason: string, attempt: number): void {
    this.#init.intake.counts.failed++;
    const value = new WorkerLostError({ workerId: 0, reason });
    chunk.feed.settled(chunk, 0, { ok: false, value, task: { attempt, micros: 0, workerId: 0 } });
  }

  #failCulprit(chunk: Chunk): void {
    const reason =
      "its process ended or stopped responding each time it ran this input: twice among others, then alone";
    this.#failLost(chunk, reason, 3);
  }

  /** Runs the inputs of a job chunk alone. One of them may be the culprit, and then no other input is lost with it. */
  #isolate(chunk: Chunk): void {
    const { open, host } = this.#init;
    const singles = chunk.openBlocks().flatMap(({ first, texts, attempt }) =>
      Array.from(
        { length: texts.length },
        (_, at) =>
          open.open(chunk.feed, { first: first + at, texts: texts.slice(at, at + 1), alone: true, attempt }),
      )
    );
    this.quarantined += singles.length;
    void host.add(singles);
  }

  /** Hands out the inputs of a job chunk that have no outcome again, in others: at once, or at the next check. */
  #goAgain(chunk: Chunk, { later, lost = chunk.lost }: { later: boolean; lost?: number }): void {
    const { feed, alone } = chunk;
    if (this.#failBegun(chunk)) return;
    for (const block of chunk.openBlocks()) {
      if (feed.isDrained || !(alone || later)) feed.putBack(block);
      // The next check adds it, because it is not there.
      else this.#init.open.open(feed, { ...block, alone, lost });
    }
  }

  /**
   * Returns the job chunks to add for a chunk that is not in Redis: the chunk itself, or others with only its inputs that have no
   * outcome. Otherwise an input with an outcome would run once more.
   */
  openPartsOf(chunk: Chunk): Chunk[] {
    if (chunk.left === chunk.size && chunk.yielded === 0) return [chunk];
    this.end(chunk);
    if (this.#failBegun(chunk)) return [];
    const { feed, alone, lost } = chunk;
    return chunk.openBlocks().map((block) => this.#init.open.open(feed, { ...block, alone, lost }));
  }

  /** Closes a job chunk. Its job is removed once its results are kept. */
  end(chunk: Chunk): void {
    this.#init.open.close(chunk);
    this.#init.spent.add(chunk);
  }
}
