/**
 * The workers that are there, as a run sees them: those that serve it, and those that do not, which are told why.
 *
 * @module
 */

import type { Broker } from "./broker.ts";
import { RunRefusedError } from "./errors.ts";
import { hostName } from "./host_name.ts";
import { type Note, shown, type WorkerRecord } from "./protocol.ts";
import { liveWorkers } from "./roster.ts";

/** What it works with. */
interface SuitorsInit {
  broker: Broker;
  run: string;
  module: string;
  fingerprint: string;
  notice(line: string): void;
}

/** The workers of a run. */
export class Suitors {
  /** The slots of those that serve it. */
  slots = 0;
  /** The most that one of their threads or processes has in flight. */
  concurrency = 1;
  /** Their tasks, once there are any. */
  tasks: string[] | undefined;
  readonly #init: SuitorsInit;
  /** Workers that were told that they do not. */
  readonly #told = new Set<string>();
  #served = false;
  #saidNone = false;

  constructor(init: SuitorsInit) {
    this.#init = init;
  }

  /**
   * Looks who is there.
   *
   * @throws {RunRefusedError} if all that are there refuse it, and none has ever served it
   */
  async look(hasResults: boolean): Promise<void> {
    const { broker, run, module, fingerprint, notice } = this.#init;
    const workers = await liveWorkers(broker);
    const fit = workers.filter((worker) => worker.fingerprint === fingerprint);
    const others = workers.filter((worker) => worker.fingerprint !== fingerprint);
    this.slots = fit.reduce((sum, { slots, draining }) => sum + (draining ? 0 : slots), 0);
    this.concurrency = Math.max(this.concurrency, ...fit.map(({ concurrency }) => concurrency));
    this.#served ||= fit.length > 0 || hasResults;
    for (const worker of others) await this.#tell(worker);
    if (!this.#served && others.length > 0) {
      throw new RunRefusedError(
        run,
        `No worker serves ${module} as it is here: ${
          others.map((other) => this.#difference(other)).join("; ")
        }`,
      );
    }
    if (workers.length === 0 && !this.#saidNone) {
      const { keys: { prefix } } = broker;
      notice(`no worker on the queue ${prefix.slice("polyloop:".length)} yet; waiting for one`);
    }
    this.#saidNone = workers.length === 0;
    this.tasks = fit[0]?.tasks ?? this.tasks;
  }

  async #tell(worker: WorkerRecord): Promise<void> {
    if (this.#told.has(worker.id)) return;
    this.#told.add(worker.id);
    const { broker: { client, keys }, run, module, fingerprint, notice } = this.#init;
    if (this.#served) notice(this.#difference(worker));
    const reason = `its ${module} is another (${short(fingerprint)}, here ${short(worker.fingerprint)})`;
    const note: Note = { run, from: hostName(), reason };
    const key = keys.notes(worker.id);
    await client.multi().rpush(key, JSON.stringify(note)).ltrim(key, -20, -1).expire(key, 60).exec();
  }

  #difference({ id, module, fingerprint }: WorkerRecord): string {
    const [theirs, ours] = [short(fingerprint), short(this.#init.fingerprint)];
    return `the worker ${shown(id)} refuses the run: its ${
      shown(module)
    } is another (${theirs}, here ${ours})`;
  }
}

function short(fingerprint: string): string {
  return fingerprint.slice(0, 8);
}
