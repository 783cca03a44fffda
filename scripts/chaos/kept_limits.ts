/** Whether the bodies of the task `visit` kept to `--rate` and `--limit-per`, by what they wrote down. */

/** A body that began. One whose worker was killed has no end. */
export interface Body {
  begins: number;
  ends?: number;
  host: string;
  tokens: number;
}

/** How long a worker may be silent before its inputs run on others, in milliseconds: `--lock`. */
const LOCK = 15_000;

/** Reads the lines of `ran.bodies`. */
export function bodiesOf(text: string): Body[] {
  const bodies = new Map<string, Body>();
  for (const line of text.split("\n").slice(0, -1)) {
    const { body, ...told } = JSON.parse(line);
    bodies.set(body, { ...bodies.get(body), ...told });
  }
  return [...bodies.values()].sort((one, other) => one.begins - other.begins);
}

/**
 * Returns the limits that did not hold, and the highest number of each. Keys are not checked if workers were stopped for longer than
 * their lock: then their inputs run on others, and what they had begun goes on.
 */
export function brokenLimits(
  flags: string[],
  bodies: Body[],
  pause: number,
): { broken: string[]; most: string[] } {
  const broken: string[] = [];
  const most: string[] = [];
  for (const [at, flag] of flags.entries()) {
    if (flag === "--rate") {
      const [, limit, perMinute, field] = /^(\d+)\/(?:s|(m))(?:,auto)?(:tokens)?/.exec(flags[at + 1])!;
      const weight = ({ tokens }: Body) => field ? tokens : 1;
      check(flags[at + 1], mostInWindow(bodies, perMinute ? 60_000 : 1_000, weight), Number(limit));
    }
    if (flag === "--limit-per" && pause < LOCK) {
      check(flags[at + 1], mostAtOnce(bodies), Number(flags[at + 1].split("=")[1]));
    }
  }
  return { broken, most };

  function check(name: string, highest: number, limit: number): void {
    most.push(`${name}: at most ${highest}`);
    if (highest > limit) broken.push(`${name} did not hold: ${highest}`);
  }
}

/** The highest sum of weights in a window of `ms` milliseconds. */
function mostInWindow(bodies: Body[], ms: number, weight: (body: Body) => number): number {
  let [first, sum, most] = [0, 0, 0];
  for (const body of bodies) {
    sum += weight(body);
    while (bodies[first].begins <= body.begins - ms) sum -= weight(bodies[first++]);
    most = Math.max(most, sum);
  }
  return most;
}

/** The highest number of bodies of one host at the same time. */
function mostAtOnce(bodies: Body[]): number {
  const changes = bodies.filter(({ ends }) => ends !== undefined).flatMap(({ begins, ends, host }) => [
    { at: begins, host, change: 1 },
    { at: ends!, host, change: -1 },
  ]);
  // Times are whole milliseconds: a body may begin in that in which another has ended.
  changes.sort((one, other) => one.at - other.at || one.change - other.change);
  const atOnce = new Map<string, number>();
  let most = 0;
  for (const { host, change } of changes) {
    const now = (atOnce.get(host) ?? 0) + change;
    atOnce.set(host, now);
    most = Math.max(most, now);
  }
  return most;
}
