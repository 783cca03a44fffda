/**
 * Numbers and times as a person reads them.
 *
 * @module
 */

/** `1200` → `1,200`. Not by `Intl`, because to make its formatter takes a tenth of a short run. */
export function formatCount(number: number): string {
  return Math.round(number).toString().replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `1 input`, `1,200 inputs`. */
export function plural(number: number, noun: string): string {
  return `${formatCount(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/** Milliseconds → `45 ms`, `3.2 s`, `61 s`, `12 min 5 s`, `3 h 20 min`. */
export function formatTime(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9_950) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${formatCount(Math.floor(minutes / 60))} h ${minutes % 60} min`;
}

/** `19.14` → `19.1×`, `1234` → `1,234×`. */
export function formatRatio(ratio: number): string {
  return ratio < 99.95 ? `${ratio.toFixed(1)}×` : `${formatCount(ratio)}×`;
}

/** A text of anybody's as it is shown on a line: its first, cut, without what a terminal would obey. */
export function firstLine(text: string): string {
  const [line] = text.split(/\r?\n/);
  const plain = line.replace(/\p{Cc}/gu, " ");
  return plain.length > 200 ? `${plain.slice(0, 199)}…` : plain;
}
