/**
 * The layout of the timeline: two curves, a strip of limits, an axis, and a row for each worker with a lane for each task in flight.
 */

/** A strip of the picture, in pixels from its top. */
export interface Strip {
  top: number;
  height: number;
}

/** The layout for a width. */
export interface Plan {
  width: number;
  height: number;
  /** Where time begins, right of the labels, in pixels. */
  left: number;
  perSecond: Strip;
  inFlight: Strip;
  /** Absent if nothing is known of limits. */
  limits: Strip | undefined;
  axis: Strip;
  /** By position. Rows of one machine are neighbours. */
  rows: (Strip & { lane: number })[];
  /** The names of machines, each above the rows of its workers. */
  machines: (Strip & { name: string })[];
}

/** Approximate maximum height of all lanes, in pixels. */
const ROOM = 340;

/** What decides the layout. */
interface Planned {
  /** Number of lanes of each position. */
  lanes: number[];
  /** The name of each position's machine, if it is another one. */
  machines: (string | undefined)[];
  hasLimits: boolean;
}

/** Returns the layout for a width. Labels are narrower on a phone. */
export function planFor(width: number, { lanes, machines, hasLimits }: Planned): Plan {
  const narrow = width < 520;
  const total = lanes.reduce((sum, count) => sum + Math.max(1, count), 0);
  const lane = Math.min(14, Math.max(1.5, ROOM / total));
  let top = 8;
  const strip = (height: number, gap: number): Strip => {
    const made = { top, height };
    top += height + gap;
    return made;
  };
  const perSecond = strip(narrow ? 52 : 64, 14);
  const inFlight = strip(narrow ? 40 : 48, 8);
  const limits = hasLimits ? strip(12, 8) : undefined;
  const axis = strip(20, 6);
  const rows: Plan["rows"] = [];
  const names: Plan["machines"] = [];
  for (const [name, positions] of byMachine(machines)) {
    if (name !== undefined) names.push({ ...strip(16, 2), name });
    for (const position of positions) {
      const count = Math.max(1, lanes[position]);
      // A row must have room for its name.
      const height = Math.max(18, count * lane);
      rows[position] = { ...strip(height, 8), lane: height / count };
    }
  }
  return {
    width,
    height: top,
    left: narrow ? 48 : 76,
    perSecond,
    inFlight,
    limits,
    axis,
    rows,
    machines: names,
  };
}

/** The positions of each machine, in the order of the machines' names. */
function byMachine(machines: (string | undefined)[]): [machine: string | undefined, positions: number[]][] {
  const groups = Map.groupBy(machines.keys(), (position) => machines[position]);
  return [...groups].sort(([one = ""], [other = ""]) => one < other ? -1 : 1);
}
