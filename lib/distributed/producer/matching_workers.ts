/** Finds the workers for a run in the roster. Tells the others that their module differs. */

import type { Broker } from "../broker/broker.ts";
import { hostName } from "../broker/host_name.ts";
import { named, serves } from "../broker/labels.ts";
import { type Note, shown, type WorkerRecord } from "../broker/protocol.ts";
import { ENTRY_LASTS, liveWorkers } from "../broker/roster.ts";

/**
 * Time without a renewal of its entry after which a worker counts as silent, in milliseconds: two of its checks. The user is told at
 * the second check that finds it silent, because after a failure of the broker all entries are old.
 */
const SILENCE = 4_000;

interface MatchingWorkersInit {
  broker: Broker;
  run: string;
  module: string;
  fingerprint: string;
  /** The labels that the workers need. */
  on: readonly string[];
  notice(line: string): void;
}

export class MatchingWorkers {
  /** The present workers of the run's version, whatever their labels. */
  ofVersion: WorkerRecord[] = [];
  /** Number of slots of the workers that serve the run and do not drain. */
  slots = 0;
  /** Maximum number of tasks in flight in one of their threads or processes. */
  concurrency = 1;
  /** The names of their tasks; undefined until the first worker was present. */
  tasks: string[] | undefined;
  readonly #init: MatchingWorkersInit;
  /** The ids of workers that were told that they do not serve the run. */
  readonly #told = new Set<string>();
  /** The ids of workers that were silent at the last check; true if the user was told. */
  #silent = new Map<string, boolean>();
  #served = false;
  /** Since when there has been no worker that serves the run, in milliseconds of `performance.now()`. */
  #noneSince: number | undefined;
  /** The last message about why no worker serves the run. */
  #said: string | undefined;

  constructor(init: MatchingWorkersInit) {
    this.#init = init;
  }

  /** Reads the roster, and tells the user if no worker serves the run. `hasResults` says whether workers have served it before. */
  async look(hasResults: boolean): Promise<void> {
    const workers = await liveWorkers(this.#init.broker);
    this.ofVersion = workers.filter(({ fingerprint }) => fingerprint === this.#init.fingerprint);
    const fit = this.ofVersion.filter(({ labels }) => serves(labels, this.#init.on));
    const others = workers.filter(({ fingerprint }) => fingerprint !== this.#init.fingerprint);
    this.#noneSince = fit.length > 0 ? undefined : this.#noneSince ?? performance.now();
    this.slots = fit.reduce((sum, { slots, draining }) => sum + (draining ? 0 : slots), 0);
    this.concurrency = Math.max(this.concurrency, ...fit.map(({ concurrency }) => concurrency));
    this.tasks = fit[0]?.tasks ?? this.tasks;
    for (const worker of others) await this.#tell(worker);
    await this.#nameSilent(fit);
    const missing = this.slots > 0 ? undefined : this.#missing(fit, others);
    if (missing !== undefined && missing.kind !== this.#said) this.#init.notice(missing.line);
    this.#said = missing?.kind;
    this.#served ||= fit.length > 0 || hasResults;
  }

  /** How long there has been no worker that serves the run, in milliseconds. */
  noneFor(now: number): number {
    return now - (this.#noneSince ?? now);
  }

  /** Names workers of the run that have stopped renewing their entries. */
  async #nameSilent(workers: WorkerRecord[]): Promise<void> {
    const { broker: { client, keys }, notice } = this.#init;
    const before = this.#silent;
    this.#silent = new Map();
    for (const { id } of workers) {
      const left = await client.pttl(keys.worker(id));
      if (left <= 0 || left > ENTRY_LASTS - SILENCE) continue;
      const isNamed = before.get(id);
      if (isNamed === false) {
        const seconds = Math.round((ENTRY_LASTS - left) / 1_000);
        notice(
          `the worker ${
            shown(id)
          } has not been heard of for ${seconds} s; if it is gone, its inputs run again on others`,
        );
      }
      this.#silent.set(id, isNamed !== undefined);
    }
  }

  /** Returns why no worker serves the run. */
  #missing(fit: WorkerRecord[], others: WorkerRecord[]): { kind: string; line: string } {
    const { broker: { keys: { queue } }, module, on } = this.#init;
    if (fit.length > 0) {
      return {
        kind: "draining",
        line: `the workers for this run on the queue ${queue} are shutting down; waiting for another`,
      };
    }
    if (this.ofVersion.length > 0) {
      const labels = this.ofVersion.map(({ id, labels = [] }) =>
        `the worker ${shown(id)} has ${labels.length > 0 ? named(labels) : "none"}`
      );
      return {
        kind: "labels",
        line: `no worker on the queue ${queue} has ${named(on)}; waiting for one: ${labels.join("; ")}`,
      };
    }
    if (others.length > 0) {
      const differences = others.map((other) => this.#difference(other)).join("; ");
      const line =
        `no worker on the queue ${queue} serves ${module} as it is here; waiting for one: ${differences}`;
      return { kind: "others", line };
    }
    const when = this.#served ? "any more" : "yet";
    const labels = on.length > 0 ? ` with ${named(on)}` : "";
    return { kind: "none", line: `no worker${labels} on the queue ${queue} ${when}; waiting for one` };
  }

  async #tell(worker: WorkerRecord): Promise<void> {
    if (this.#told.has(worker.id)) return;
    this.#told.add(worker.id);
    const { broker: { client, keys }, run, module, fingerprint, notice } = this.#init;
    if (this.#served) notice(this.#difference(worker));
    const reason = `its ${module} differs (${short(fingerprint)}, here ${short(worker.fingerprint)})`;
    const note: Note = { run, from: hostName(), reason };
    const key = keys.notes(worker.id);
    await client.multi().rpush(key, JSON.stringify(note)).ltrim(key, -20, -1).expire(key, 60).exec();
  }

  #difference({ id, module, fingerprint }: WorkerRecord): string {
    const [theirs, ours] = [short(fingerprint), short(this.#init.fingerprint)];
    return `the worker ${shown(id)} refuses the run: its ${shown(module)} differs (${theirs}, here ${ours})`;
  }
}

function short(fingerprint: string): string {
  return fingerprint.slice(0, 8);
}
