/// <reference lib="dom" />
/** The card of limits: what kept further tasks from starting, in all and for each stretch of the run. */

import { type Limit, LIMITS } from "../../lib/cli/report/recording/limits.ts";
import type { ReportData } from "../../lib/cli/report/report_data.ts";
import { card, el, formatNumber, formatTime, scroller } from "./dom.ts";
import { moment } from "./time_axis.ts";

/** Number of parts in which the run is looked at for its stretches. A guess: more stretches than this nobody reads. */
const PARTS = 48;

/** The name of each limit, and what it means. */
export const LIMIT_TEXTS: Record<Limit, [name: string, meaning: string]> = {
  start: ["workers start", "no worker was ready yet"],
  slots: ["slots", "all slots were in use: more tasks at a time (-c, -j) may help"],
  cpu: ["CPU", "event loops or cores were busy: more cores or workers may help"],
  rate: ["rate", "tasks waited for --rate"],
  gate: ["gate", "tasks waited because an error had a retryAfter"],
  keys: ["keys", "tasks waited for --limit-per"],
  retries: ["delays", "all tasks that were left waited for their next attempt"],
  input: ["input", "slots were free, and no lines arrived"],
  output: ["output", "results waited to be written"],
  window: ["order", "results waited for a slow input before them: --unordered may help"],
  end: ["end", "all inputs were read, and the last ones ran"],
};

/** A stretch of time with one limit. */
export interface Stretch {
  limit: Limit;
  from: number;
  to: number;
}

/** Makes the card. `show` shows a stretch in the timeline. */
export function limitsCard(data: ReportData, show: (from: number, to: number) => void): HTMLElement {
  const sums = Object.entries(data.stats.limits) as [Limit, number][];
  const all = sums.reduce((sum, [, ms]) => sum + ms, 0);
  const rows = sums.map(([limit, ms]) => {
    const [name, meaning] = LIMIT_TEXTS[limit];
    return el(
      "tr",
      {},
      el(
        "th",
        { scope: "row" },
        el("i", { class: "swatch", style: `background:var(--limit-${limit})` }),
        name,
      ),
      el("td", { class: "number" }, formatTime(ms)),
      el("td", { class: "number" }, `${formatNumber(ms / all * 100)} %`),
      el("td", { class: "meaning" }, meaning),
    );
  });
  const number = { class: "number", scope: "col" };
  const head = el(
    "tr",
    {},
    el("th", { scope: "col" }, "limit"),
    el("th", number, "time"),
    el("th", number, "part"),
    el("th", { scope: "col", class: "meaning" }, "meaning"),
  );
  const stretch = ({ limit, from, to }: Stretch, name: string) => {
    const text = `${moment(from, to - from)} to ${moment(to, to - from)}`;
    const button = el("button", { type: "button", class: "stretch" }, text, el("b", {}, name));
    button.style.setProperty("--limit", `var(--limit-${limit})`);
    button.addEventListener("click", () => show(from, to));
    return el("li", {}, button);
  };
  const stretches = stretchesOf(data).map((one) => stretch(one, LIMIT_TEXTS[one.limit][0]));
  const pauses = data.pauses.slice(0, PARTS).map(({ start, ms, key }) =>
    stretch({ limit: "gate", from: start, to: start + ms }, key === undefined ? "all tasks" : `key ${key}`)
  );
  const more = data.pauses.length - pauses.length;
  return card(
    "Limits",
    "what kept further tasks from starting",
    scroller("Limits", el("table", {}, el("thead", {}, head), el("tbody", {}, ...rows))),
    el("h3", {}, "By stretch"),
    el("ol", { class: "stretches" }, ...stretches),
    pauses.length > 0 &&
      el("h3", {}, `Pauses by retryAfter${more > 0 ? `, the first ${pauses.length}` : ""}`),
    pauses.length > 0 && el("ol", { class: "stretches" }, ...pauses),
  );
}

/** The stretches of the run, each with the limit that held for most of it. */
export function stretchesOf({ limits: { step, parts } }: ReportData): Stretch[] {
  const steps = Math.max(...Object.values(parts).map(({ length }) => length));
  const width = Math.max(1, Math.ceil(steps / PARTS));
  const stretches: Stretch[] = [];
  for (let at = 0; at < steps; at += width) {
    const sum = (limit: Limit) =>
      (parts[limit] ?? []).slice(at, at + width).reduce((sum, part) => sum + part, 0);
    const [limit] = LIMITS.toSorted((one, other) => sum(other) - sum(one));
    if (sum(limit) === 0) continue;
    const to = Math.min(steps, at + width) * step;
    const last = stretches.at(-1);
    if (last?.limit === limit && last.to === at * step) last.to = to;
    else stretches.push({ limit, from: at * step, to });
  }
  return stretches;
}
