/** Formats counts, sizes, times, rates and percentages for people. */

/** A count: `1200` → `1,200`. Not by `Intl`, whose formatter takes a tenth of a short run to make. */
export function formatCount(number: number): string {
  return grouped(Math.round(number).toString());
}

/**
 * An amount: `812,345`, `0.0031`. Whole numbers are exact. Of others, decimals after `digits` digits are left out: after fifteen, they
 * may be the noise of floating-point numbers.
 */
export function formatAmount(amount: number, digits = 15): string {
  if (Number.isSafeInteger(amount)) return grouped(amount.toString());
  const whole = Math.trunc(Math.abs(amount)).toString().length;
  const text = Number(amount.toPrecision(Math.max(digits, whole))).toString();
  if (text.includes("e")) return text;
  const [before, ...after] = text.split(".");
  return [grouped(before), ...after].join(".");
}

function grouped(whole: string): string {
  return whole.replace(/\B(?=(\d{3})+$)/g, ",");
}

/** A count of things: `1 input`, `1,200 inputs`. */
export function plural(number: number, noun: string): string {
  return `${formatCount(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/** A count of retries: `1 retry`, `12 retries`. */
export function retriesText(number: number): string {
  return `${formatCount(number)} ${number === 1 ? "retry" : "retries"}`;
}

/** A size in decimal units: `512 bytes`, `12.4 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return plural(bytes, "byte");
  const power = Math.min(4, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1_000 ** power).toFixed(1)} ${["kB", "MB", "GB", "TB"][power - 1]}`;
}

/** The time of a task: `12 µs`, `3.4 ms`, and from ten milliseconds on as {@link formatTime} formats it. */
export function formatTaskTime(ms: number): string {
  if (ms < 0.9995) return `${Math.round(ms * 1_000)} µs`;
  return ms < 9.95 ? `${ms.toFixed(1)} ms` : formatTime(ms);
}

/** A time in milliseconds: `45 ms`, `3.2 s`, `61 s`, `12 min 5 s`, `3 h 20 min`. */
export function formatTime(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9_950) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${formatCount(Math.floor(minutes / 60))} h ${minutes % 60} min`;
}

/** A ratio: `19.14` → `19.1×`, `1234` → `1,234×`. */
export function formatRatio(ratio: number): string {
  return ratio < 99.95 ? `${ratio.toFixed(1)}×` : `${formatCount(ratio)}×`;
}

/** A part from 0 to 1 in percent: `0.404` → `40%`. With `"down"`, only a whole part is 100%. */
export function formatPercent(part: number, rounding: "nearest" | "down" = "nearest"): string {
  return `${rounding === "down" ? Math.floor(part * 100) : Math.round(part * 100)}%`;
}

/** A rate: `300/s`, `4.2/s`, `12.0/min`, `3.5/h`. Slow rates are per minute or hour, because `0/s` says nothing. */
export function formatRate(perSecond: number): string {
  if (perSecond === 0 || perSecond >= 9.95) return `${formatCount(perSecond)}/s`;
  if (perSecond >= 0.95) return `${perSecond.toFixed(1)}/s`;
  if (perSecond * 60 >= 0.95) return `${(perSecond * 60).toFixed(1)}/min`;
  return `${(perSecond * 3_600).toFixed(1)}/h`;
}

/** A number with at most three decimals: milliseconds to microseconds. */
export function thousandths(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}

/** The first line of a text, without control characters, and at most `most` characters long. */
export function firstLine(text: string, most = 200): string {
  const [line] = text.split(/\r?\n/);
  const plain = line.replace(/\p{Cc}/gu, " ");
  if (plain.length <= most) return plain;
  let cut = "";
  // Between graphemes: an accent stays on its letter, and an emoji of several code points whole.
  for (const { segment } of new Intl.Segmenter().segment(plain.slice(0, 2 * most))) {
    if (cut.length + segment.length >= most) break;
    cut += segment;
  }
  return `${cut}…`;
}

/** `Error: no  (tasks.ts:3:7)` → `Error: no`. */
export function withoutPlace(text: string): string {
  return text.replace(/ {2}\([^()]*\)$/, "");
}
