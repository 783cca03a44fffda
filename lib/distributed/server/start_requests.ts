/**
 * Asks the producers of limited runs when attempts may start. A producer lets attempts start, and it knows all that its run has out on
 * all machines (`limits/start_limits.ts`). What a worker tells is always the whole state, so a lost message is made up for by the next one.
 */

import type { OuterStart } from "../../executor/options/feed_options.ts";
import type { Broker } from "../broker/broker.ts";
import { KEYS_LAST } from "../broker/names.ts";
import type { AttemptId, GrantRecord, StartsRecord } from "../broker/protocol.ts";

/** How often the state is told although nothing has changed, in milliseconds. A producer takes a worker for silent after three times that. */
export const TOLD_EVERY = 500;

/** Maximum number of messages of a list that nobody reads. */
const MOST_UNREAD = 1_000;

/** An attempt that waits for its start, or runs. */
interface Attempt {
  id: AttemptId;
  job: string;
  state: "waiting" | "held" | "sent" | "running";
  /** Whether the producer was told that it waits. */
  isAsked: boolean;
  /** It may start until then, on the clock of this process. */
  until: number;
  go(): void;
}

interface StartRequestsInit {
  broker: Broker;
  /** The worker's id. */
  server: string;
  /** How long the worker may be silent before its jobs go to others, in milliseconds. */
  lock: number;
  slots(): number;
}

interface RunId {
  run: string;
  token: string;
}

export class StartRequests {
  readonly #init: StartRequestsInit;
  readonly #runs = new Map<string, RunStarts>();
  /** Attempts of all runs that the producers were not told of, because no slot would be free. */
  readonly #later = new Map<Attempt, () => RunStarts>();
  /** Number of attempts that producers were told of. */
  #taken = 0;
  #chunks = 0;
  /** Number of messages of all runs. Each producer takes those with higher numbers than before. */
  #messages = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(init: StartRequestsInit) {
    this.#init = init;
  }

  /** Returns what decides when an input of a job chunk starts, by its place there. */
  startsOf(job: string, run: RunId): (at: number) => OuterStart {
    this.#timer ??= setInterval(() => this.#tellAll(), TOLD_EVERY);
    const chunk = ++this.#chunks;
    return (at) => this.#startOf(run, { job, chunk, at });
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  granted(grant: GrantRecord): void {
    this.#runs.get(`${grant.run} ${grant.token}`)?.take(grant);
  }

  /** The attempts of a run. It was forgotten if it had none for a while: a retry may begin after that. */
  #runOf({ run, token }: RunId): RunStarts {
    const key = `${run} ${token}`;
    let starts = this.#runs.get(key);
    if (!starts) {
      starts = new RunStarts({ ...this.#init, run, token, nextNumber: () => ++this.#messages });
      this.#runs.set(key, starts);
    }
    return starts;
  }

  #startOf(id: RunId, { job, chunk, at }: { job: string; chunk: number; at: number }): OuterStart {
    const runNow = () => this.#runOf(id);
    /** The attempt that asks or runs; that of an earlier body may still run, too. */
    let current: Attempt | undefined;
    const end = (attempt: Attempt) => {
      if (attempt.isAsked) this.#taken--;
      attempt.isAsked = false;
      runNow().delete(attempt);
      this.#later.delete(attempt);
      this.#askMore();
    };
    return {
      ask: (number, go) => {
        if (current && current.id[2] === number) end(current);
        current = { id: [chunk, at, number], job, state: "waiting", isAsked: false, until: 0, go };
        this.#later.set(current, runNow);
        this.#askMore();
      },
      take: () => {
        if (current?.state !== "held" || clock() > current.until) return false;
        current.state = "sent";
        return true;
      },
      forget: () => {
        if (current?.state === "waiting" || current?.state === "held") end(current);
      },
      begun: () => {
        if (current?.state !== "sent") return;
        current.state = "running";
        runNow().tellSoon();
      },
      out: (number) => {
        const attempt = runNow().get([chunk, at, number]);
        if (attempt && attempt.state !== "waiting") end(attempt);
      },
      used: (name, amount) => current && runNow().used(current.id, name, amount),
      refused: (delay) => current && runNow().refused(current.id, delay ?? null),
    };
  }

  /** Tells of as many attempts as there are free slots: an attempt that may start has to start soon. */
  #askMore(): void {
    for (const [attempt, runNow] of this.#later) {
      if (this.#taken >= this.#init.slots()) return;
      this.#later.delete(attempt);
      this.#taken++;
      attempt.isAsked = true;
      runNow().add(attempt);
    }
  }

  #tellAll(): void {
    for (const [key, run] of this.#runs) {
      if (run.isOver) this.#runs.delete(key);
      else run.tellSoon();
    }
  }
}

interface RunStartsInit extends StartRequestsInit, RunId {
  nextNumber(): number;
}

class RunStarts {
  readonly #init: RunStartsInit;
  readonly #attempts = new Map<string, Attempt>();
  #granted = 0;
  #used: StartsRecord["used"] = [];
  #refused: StartsRecord["refused"] = [];
  /** Whether a message is being sent, and whether there is news that it does not have. */
  #isTelling = false;
  #hasNews = false;

  constructor(init: RunStartsInit) {
    this.#init = init;
  }

  get isOver(): boolean {
    return this.#attempts.size === 0 && !this.#isTelling && !this.#hasNews;
  }

  add(attempt: Attempt): void {
    this.#attempts.set(attempt.id.join(), attempt);
    this.tellSoon();
  }

  get(id: AttemptId): Attempt | undefined {
    return this.#attempts.get(id.join());
  }

  delete(attempt: Attempt): void {
    const id = attempt.id.join();
    if (this.#attempts.get(id) !== attempt) return;
    this.#attempts.delete(id);
    this.tellSoon();
  }

  take({ number, until, starts }: { number: number; until: number; starts: AttemptId[] }): void {
    this.#granted = Math.max(this.#granted, number);
    this.tellSoon();
    if (clock() > until) return;
    // The last one first, because each goes to the head of the queue.
    for (const id of starts.reverse()) {
      const attempt = this.get(id);
      if (attempt?.state !== "waiting") continue;
      attempt.state = "held";
      attempt.until = until;
      attempt.go();
    }
  }

  used(id: AttemptId, name: string, amount: number): void {
    this.#used.push([id, name, amount]);
    this.tellSoon();
  }

  refused(id: AttemptId, delay: number | null): void {
    this.#refused.push([id, delay]);
    this.tellSoon();
  }

  /** Tells the state at the end of this turn, or once the message under way has arrived. */
  tellSoon(): void {
    this.#hasNews = true;
    if (this.#isTelling) return;
    this.#isTelling = true;
    setTimeout(() => void this.#tell(), 0);
  }

  async #tell(): Promise<void> {
    const { broker: { client, keys }, run } = this.#init;
    const key = keys.starts(run);
    while (this.#hasNews) {
      this.#hasNews = false;
      const record = this.#record();
      try {
        await client.multi().rpush(key, JSON.stringify(record)).ltrim(key, -MOST_UNREAD, -1)
          .pexpire(key, KEYS_LAST).exec();
      } catch {
        this.#used.unshift(...record.used);
        this.#refused.unshift(...record.refused);
        this.#hasNews = true;
        break;
      }
    }
    this.#isTelling = false;
  }

  #record(): StartsRecord {
    const { token, server, lock, slots, nextNumber } = this.#init;
    const attempts = [...this.#attempts.values()];
    const idsOf = (...states: Attempt["state"][]) =>
      attempts.filter(({ state }) => states.includes(state)).map(({ id }) => id);
    const [used, refused] = [this.#used, this.#refused];
    [this.#used, this.#refused] = [[], []];
    return {
      v: 1,
      token,
      server,
      number: nextNumber(),
      at: clock(),
      granted: this.#granted,
      lock,
      slots: slots(),
      jobs: [...new Map(attempts.map(({ id, job }) => [id[0], job]))],
      waiting: idsOf("waiting"),
      held: idsOf("held", "sent"),
      running: idsOf("running"),
      used,
      refused,
    };
  }
}

const started = { date: Date.now(), now: performance.now() };
let latest = 0;

/** Milliseconds since this process has started. It goes on while the process is stopped, or the machine sleeps. */
function clock(): number {
  latest = Math.max(latest, performance.now() - started.now, Date.now() - started.date);
  return latest;
}
