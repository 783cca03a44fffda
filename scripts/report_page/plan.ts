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
  rows: (Strip & { lane: number })[];
}

/** Approximate maximum height of all lanes, in pixels. */
const ROOM = 340;

/** Width of the labels, in pixels; less on a phone. */
export function planFor(width: number, lanes: number[], hasLimits: boolean): Plan {
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
  const rows = lanes.map((count) => {
    // A row must have room for its name.
    const height = Math.max(18, Math.max(1, count) * lane);
    return { ...strip(height, 8), lane: height / Math.max(1, count) };
  });
  return { width, height: top, left: narrow ? 48 : 76, perSecond, inFlight, limits, axis, rows };
}
