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

/** `1 retry`, `12 retries`. */
export function retriesText(number: number): string {
  return `${formatCount(number)} ${number === 1 ? "retry" : "retries"}`;
}

/** `512 bytes`, `12.4 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return plural(bytes, "byte");
  const power = Math.min(4, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1_000 ** power).toFixed(1)} ${["kB", "MB", "GB", "TB"][power - 1]}`;
}

/** How long a task took: `12 µs`, `3.4 ms`, and from ten milliseconds on as {@link formatTime} does. */
export function formatTaskTime(ms: number): string {
  if (ms < 0.9995) return `${Math.round(ms * 1_000)} µs`;
  return ms < 9.95 ? `${ms.toFixed(1)} ms` : formatTime(ms);
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
export function firstLine(text: string, most = 200): string {
  const [line] = text.split(/\r?\n/);
  const plain = line.replace(/\p{Cc}/gu, " ");
  if (plain.length <= most) return plain;
  let cut = "";
  // What a person takes for one sign (an accent on its letter, a family of emoji) is not cut in the middle.
  for (const { segment } of new Intl.Segmenter().segment(plain.slice(0, 2 * most))) {
    if (cut.length + segment.length >= most) break;
    cut += segment;
  }
  return `${cut}…`;
}
