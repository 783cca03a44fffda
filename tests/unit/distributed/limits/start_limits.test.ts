/** Which attempts may start over all workers, with workers, a network and a clock that are simulated: no time decides. */

import { expect, test } from "vitest";
import type { StartsRecord } from "../../../../lib/distributed/broker/protocol.ts";
import type { RunLimits, Terms } from "../../../../lib/distributed/limits/input_terms.ts";
import { GRANT_LASTS } from "../../../../lib/distributed/limits/limited_worker.ts";
import { StartLimits } from "../../../../lib/distributed/limits/start_limits.ts";
import { ratesOf } from "../../../../lib/executor/options/rate_options.ts";
import { random } from "../../../random.ts";

const LOCK = 3_000;
const BEATS = 500;

type Id = [chunk: number, at: number, attempt: number];

/** What a simulated worker is like. */
interface Behaviour {
  slots: number;
  /** How long a body runs, in milliseconds. */
  runs: number;
}

/** A run of `count` inputs on simulated workers. Messages take 1 to 5 ms each way, and arrive in their order. */
class Simulation {
  now = 0;
  readonly starts: { at: number; input: number; worker: number }[] = [];
  /** The most bodies of a key at once, on workers whose locks have not expired. */
  readonly most = new Map<string, number>();
  readonly paused: (string | number | undefined)[] = [];
  readonly workers: SimulatedWorker[];
  readonly limits: StartLimits;
  readonly waiting: number[];
  readonly events: { at: number; do: () => void }[] = [];
  readonly #running = new Map<string, number>();
  readonly #chance = random(7);
  #roundAt = Infinity;
  succeeded = 0;
  /** Whether the broker loses all messages. */
  losesAll = false;

  constructor(
    limits: Partial<RunLimits>,
    { count, workers, behaviour, terms = () => ({ key: undefined, weights: undefined }) }: {
      count: number;
      workers: number;
      behaviour: Behaviour;
      terms?: (input: number) => Terms;
    },
  ) {
    this.waiting = Array.from({ length: count }, (_, at) => at);
    this.limits = new StartLimits({ rates: [], limitPer: undefined, pause: false, ...limits }, {
      find: (_job, at) => ({ terms: terms(at), place: at }),
      succeeded: () => this.succeeded,
      paused: (_delay, key) => void this.paused.push(key),
      changed: () => {},
    });
    this.workers = Array.from(
      { length: workers },
      (_, at) => new SimulatedWorker(this, at, behaviour, terms),
    );
    for (const worker of this.workers) worker.fill();
  }

  /** When a message arrives that is sent now, after one that arrives at this time. */
  arrival(last: number): number {
    return Math.max(last, this.now + 1 + Math.floor(this.#chance() * 5));
  }

  at(time: number, work: () => void): void {
    this.events.push({ at: time, do: work });
  }

  hears(record: StartsRecord): void {
    this.limits.heard(record, this.now);
    this.#roundAt = this.now;
  }

  begins(key: string | number | undefined, by: number): void {
    const name = String(key);
    const now = (this.#running.get(name) ?? 0) + by;
    this.#running.set(name, now);
    this.most.set(name, Math.max(this.most.get(name) ?? 0, now));
  }

  /** Runs until nothing waits or runs, at most `ms` milliseconds. */
  run(ms = Infinity): void {
    const end = this.now + ms;
    while (this.now < end && this.workers.some(({ isBusy }) => isBusy)) {
      const next = this.events.reduce((a, b) => b.at < a.at ? b : a, {
        at: this.#roundAt,
        do: () => this.#round(),
      });
      this.now = Math.max(this.now, next.at);
      const at = this.events.indexOf(next);
      if (at >= 0) this.events.splice(at, 1);
      next.do();
    }
  }

  #round(): void {
    const { grants, wait } = this.limits.round(this.now);
    this.#roundAt = this.now + wait;
    for (const grant of grants) {
      const worker = this.workers[Number(grant.worker)];
      if (this.losesAll) continue;
      worker.reached = this.arrival(worker.reached);
      this.at(worker.reached, () => worker.takes(grant));
    }
  }

  /** The most starts in a second of the simulated clock. */
  get worst(): number {
    const times = this.starts.map(({ at }) => at).sort((a, b) => a - b);
    return Math.max(...times.map((from, at) => times.slice(at).filter((time) => time < from + 1_000).length));
  }
}

/** A worker that does as `server/start_requests.ts` does. Its clock differs from that of the producer. */
class SimulatedWorker {
  state: "runs" | "stands" | "dead" = "runs";
  readonly #sim: Simulation;
  readonly #id: number;
  readonly #behaviour: Behaviour;
  readonly #terms: (input: number) => Terms;
  readonly #attempts = new Map<number, "waiting" | "running">();
  #inbox: (() => void)[] = [];
  #number = 0;
  #granted = 0;
  /** When the last message to it, and of it, arrives. */
  reached = 0;
  #told = 0;
  refuses: ((input: number) => number | undefined) | undefined;
  refused: StartsRecord["refused"] = [];

  constructor(sim: Simulation, id: number, behaviour: Behaviour, terms: (input: number) => Terms) {
    this.#sim = sim;
    this.#id = id;
    this.#behaviour = behaviour;
    this.#terms = terms;
    this.#beat();
  }

  get isBusy(): boolean {
    return this.state !== "dead" && this.#attempts.size > 0;
  }

  /** Asks for inputs up to its slots. */
  fill(): void {
    while (this.#attempts.size < this.#behaviour.slots && this.#sim.waiting.length > 0) {
      this.#attempts.set(this.#sim.waiting.shift()!, "waiting");
    }
    this.tell();
  }

  /** Its process stands still. What arrives and is due waits. */
  stop(): void {
    this.state = "stands";
  }

  goOn(): void {
    this.state = "runs";
    const inbox = this.#inbox;
    this.#inbox = [];
    for (const work of inbox) work();
  }

  /** It is gone: its inputs wait for others, once its lock has expired. */
  die(): void {
    this.state = "dead";
    this.#sim.at(this.#sim.now + LOCK, () => {
      for (const [input, state] of this.#attempts) {
        if (state === "running") this.#sim.begins(this.#terms(input).key, -1);
      }
      this.#sim.waiting.unshift(...this.#attempts.keys());
      for (const worker of this.#sim.workers) if (worker.state === "runs") worker.fill();
    });
  }

  takes({ number, until, starts }: { number: number; until: number; starts: Id[] }): void {
    this.#does(() => {
      this.#granted = Math.max(this.#granted, number);
      for (const [, input] of this.#clock > until ? [] : starts) {
        if (this.#attempts.get(input) !== "waiting") continue;
        this.#attempts.set(input, "running");
        this.#sim.starts.push({ at: this.#sim.now, input, worker: this.#id });
        this.#sim.begins(this.#terms(input).key, 1);
        this.#sim.at(this.#sim.now + this.#behaviour.runs, () => this.#does(() => this.#ends(input)));
      }
      this.tell();
    });
  }

  tell(): void {
    const idsOf = (state: string) =>
      [...this.#attempts].filter(([, one]) => one === state).map(([input]): Id => [0, input, 1]);
    const record: StartsRecord = {
      ...{ v: 1, token: "t", server: String(this.#id), number: ++this.#number, at: this.#clock },
      ...{ granted: this.#granted, lock: LOCK, slots: this.#behaviour.slots, jobs: [[0, "job"]] },
      ...{ waiting: idsOf("waiting"), held: [], running: idsOf("running"), used: [], refused: this.refused },
    };
    this.refused = [];
    if (this.#sim.losesAll) return;
    this.#told = this.#sim.arrival(this.#told);
    this.#sim.at(this.#told, () => this.#sim.hears(record));
  }

  get #clock(): number {
    return this.#sim.now + 1e6 * this.#id;
  }

  #ends(input: number): void {
    const delay = this.refuses?.(input);
    if (delay === undefined) {
      this.#attempts.delete(input);
      this.#sim.succeeded++;
    } else {
      this.refused.push([[0, input, 1], delay]);
      this.#attempts.set(input, "waiting");
    }
    this.#sim.begins(this.#terms(input).key, -1);
    this.fill();
  }

  #does(work: () => void): void {
    if (this.state === "runs") work();
    else if (this.state === "stands") this.#inbox.push(work);
  }

  #beat(): void {
    this.#sim.at(this.#sim.now + BEATS, () => {
      this.#does(() => this.tell());
      if (this.state !== "dead") this.#beat();
    });
  }
}

const PER_SECOND = ratesOf({ tasks: 100, perMs: 1_000 });

test("three workers start at the rate, and never more in any second", () => {
  const sim = new Simulation({ rates: PER_SECOND }, {
    count: 2_000,
    workers: 3,
    behaviour: { slots: 8, runs: 20 },
  });
  sim.run();
  expect(sim.worst).toBeLessThanOrEqual(100);
  expect(sim.starts.length / (sim.now / 1_000)).toBeGreaterThan(95);
});

test("one worker is killed and one stands still on the way: never more than the rate, and 95 % of it", () => {
  const sim = new Simulation({ rates: PER_SECOND }, {
    count: 3_000,
    workers: 3,
    behaviour: { slots: 8, runs: 20 },
  });
  sim.run(5_000);
  sim.workers[0].die();
  sim.run(3_000);
  sim.workers[1].stop();
  sim.run(10_000);
  sim.workers[1].goOn();
  sim.run();
  expect(sim.worst).toBeLessThanOrEqual(100);
  expect(new Set(sim.starts.map(({ input }) => input)).size).toBe(3_000);
  expect(sim.starts.length / (sim.now / 1_000)).toBeGreaterThan(95);
});

test("what was let go and not started in time on a worker that stood still is not started later", () => {
  const sim = new Simulation({ rates: PER_SECOND }, {
    count: 400,
    workers: 2,
    behaviour: { slots: 8, runs: 20 },
  });
  sim.run(1_000);
  sim.workers[1].stop();
  sim.run(GRANT_LASTS + 1_000);
  const before = sim.starts.length;
  sim.workers[1].goOn();
  expect(sim.starts.length).toBe(before);
  sim.run();
  expect(new Set(sim.starts.map(({ input }) => input)).size).toBe(400);
});

test("messages that the broker loses hold up nothing for longer than what was let go lasts", () => {
  const behaviour = { slots: 8, runs: 20 };
  const sim = new Simulation({ rates: PER_SECOND }, { count: 600, workers: 2, behaviour });
  sim.run(1_000);
  sim.losesAll = true;
  sim.run(300);
  sim.losesAll = false;
  const before = sim.starts.length;
  sim.run(GRANT_LASTS + 1_500);
  expect(sim.starts.length - before).toBeGreaterThan(100);
  sim.run(60_000);
  expect(new Set(sim.starts.map(({ input }) => input)).size).toBe(600);
  expect(sim.worst).toBeLessThanOrEqual(100);
});

test("no more than two bodies of a key run at once, and a lost worker's count until its lock has expired", () => {
  const limitPer = { most: 2, key: () => undefined };
  const terms = (input: number) => ({ key: `host${input % 5}`, weights: undefined });
  const sim = new Simulation({ limitPer }, {
    count: 1_000,
    workers: 3,
    behaviour: { slots: 8, runs: 70 },
    terms,
  });
  sim.run(2_000);
  sim.workers[0].die();
  sim.run(1_000);
  sim.workers[1].stop();
  sim.run(1_000);
  sim.workers[1].goOn();
  sim.run();
  expect([...sim.most.values()]).toEqual([2, 2, 2, 2, 2]);
  expect(new Set(sim.starts.map(({ input }) => input)).size).toBe(1_000);
});

test("weights: no second has more than the amount, and inputs start in their order", () => {
  const rates = ratesOf({ amount: 1_000, perMs: 1_000, weight: () => 1 });
  const terms = (input: number) => ({ key: undefined, weights: [1 + (input * 37) % 100] });
  const sim = new Simulation({ rates }, { count: 300, workers: 2, behaviour: { slots: 8, runs: 20 }, terms });
  sim.run();
  const weights = sim.starts.map(({ at, input }) => ({ at, weight: terms(input).weights[0] }));
  const sums = weights.map(({ at: from }) =>
    weights.reduce((sum, { at, weight }) => at >= from && at < from + 1_000 ? sum + weight : sum, 0)
  );
  expect(Math.max(...sums)).toBeLessThanOrEqual(1_000);
  expect(sim.starts.length).toBe(300);
});

test("an error's retryAfter pauses all tasks, or those of its key; then they go on", () => {
  for (const pause of ["all", "key"] as const) {
    const limitPer = pause === "key" ? { most: 8, key: () => undefined } : undefined;
    const terms = (input: number) => ({ key: limitPer && Number(input % 10 === 1), weights: undefined });
    const sim = new Simulation({ limitPer, pause }, {
      count: 200,
      workers: 2,
      behaviour: { slots: 4, runs: 20 },
      terms,
    });
    let isRefused = false;
    for (const worker of sim.workers) {
      worker.refuses = (input) => {
        if (isRefused || input !== 41) return undefined;
        isRefused = true;
        return 3_000;
      };
    }
    sim.run();
    expect(sim.paused).toEqual([pause === "key" ? 1 : undefined]);
    const refusedAt = sim.starts.find(({ input }) => input === 41)!.at + 20;
    const meanwhile = sim.starts.filter(({ at }) => at > refusedAt + 100 && at < refusedAt + 2_990);
    if (pause === "all") expect(meanwhile).toEqual([]);
    else expect(new Set(meanwhile.map(({ input }) => terms(input).key))).toEqual(new Set([0]));
    expect(new Set(sim.starts.map(({ input }) => input)).size).toBe(200);
  }
});
