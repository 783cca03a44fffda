/** The positions and texts of the marks of a time axis. */

const STEPS = [
  0.01,
  0.02,
  0.05,
  ...[0.1, 1, 10, 100].flatMap((unit) => [unit, 2 * unit, 5 * unit]),
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * 1_000),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * 60_000),
  ...[1, 2, 3, 6, 12, 24, 48, 96].map((hours) => hours * 3_600_000),
];

/** The times of the marks, at least `least` milliseconds apart. */
export function ticks(from: number, to: number, least: number): { time: number; text: string }[] {
  const step = STEPS.find((step) => step >= least) ?? least;
  const found: { time: number; text: string }[] = [];
  for (let count = Math.ceil(from / step); count * step <= to; count++) {
    found.push({ time: count * step, text: label(count * step, step) });
  }
  return found;
}

/** Returns a time as text, as precise as the distance of the marks. */
export function moment(ms: number, shown: number): string {
  return label(ms, STEPS.findLast((step) => step <= shown / 100) ?? STEPS[0]);
}

function label(ms: number, step: number): string {
  if (step >= 60_000) {
    const minutes = Math.round(ms / 60_000);
    return minutes >= 60
      ? `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")} h`
      : `${minutes} min`;
  }
  if (step >= 1_000 && ms >= 120_000) {
    const seconds = Math.round(ms / 1_000);
    return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  }
  if (ms >= 1_000) return `${(ms / 1_000).toFixed(Math.max(0, Math.ceil(-Math.log10(step / 1_000))))} s`;
  return `${Number(ms.toFixed(2))} ms`;
}
