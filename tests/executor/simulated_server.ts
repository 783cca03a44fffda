/** A server that takes time by how much it has to do, simulated: its clients, its clock and its chance are ours. */
import { AutoConcurrency } from "../../lib/executor/queue/auto_concurrency.ts";
import { random } from "../random.ts";

/** What it is like with so many requests in flight. */
export interface ServerModel {
  /** How long one takes, in milliseconds. */
  latency(inFlight: number): number;
  /** How likely one fails. */
  failures?(inFlight: number, now: number): number;
  /** How late the loop of a worker runs that has so many of them. */
  lag?(perWorker: number): number;
  /** By which part the times differ. */
  jitter?: number;
}

/** What came of it. */
export interface Simulated {
  /** Requests that ended well, per second. */
  rate: number;
  /** The level after every sample. */
  levels: number[];
  settled: number;
}

const WORKERS = 2;
const SAMPLE = 250;

/** Runs clients for so many milliseconds: with a fixed level, or one that is found. */
export function simulate(
  model: ServerModel,
  { ms, level: fixed }: { ms: number; level?: number },
): Simulated {
  const { latency, failures = () => 0, lag = () => 0, jitter = 0.3 } = model;
  const chance = random(ms);
  const auto = new AutoConcurrency();
  const levels: number[] = [];
  const flight: { end: number; ok: boolean }[] = [];
  let level = fixed ?? auto.level;
  let [now, succeeded, failed, lastEnded] = [0, 0, 0, 0];
  fill();
  for (let sampleAt = SAMPLE; now < ms;) {
    if (flight[0].end <= sampleAt) {
      const { end, ok } = flight.shift()!;
      now = lastEnded = end;
      if (ok) succeeded++;
      else failed++;
    } else {
      now = sampleAt;
      sampleAt += SAMPLE;
      const sample = { succeeded, failed, lastEnded, lag: lag(level), workers: WORKERS, saturated: true };
      if (fixed === undefined) level = auto.take(sample);
      levels.push(level);
    }
    fill();
  }
  return { rate: (succeeded / ms) * 1_000, levels, settled: auto.settled };

  function fill() {
    while (flight.length < level * WORKERS) {
      const count = flight.length + 1;
      const end = now + latency(count) * (1 + jitter * (2 * chance() - 1));
      const at = flight.findLastIndex((other) => other.end <= end) + 1;
      flight.splice(at, 0, { end, ok: chance() >= failures(count, now) });
    }
  }
}

/** The best of many fixed levels. */
export function best(model: ServerModel, levels: number[]): number {
  return Math.max(...levels.map((level) => simulate(model, { ms: 20_000, level }).rate));
}
