/// <reference lib="dom" />
/**
 * The card of errors: each kind with its failed inputs and retries, a few of its inputs, and the stack of the first error.
 */

import type { ReportData } from "../../lib/cli/report/report_data.ts";
import type { KindData } from "../../lib/cli/report/report_lists.ts";
import { card, el, formatCount, plural, retriesText, scroller } from "./dom.ts";
import type { Filter } from "./filter.ts";
import { barButton } from "./inputs.ts";

/** Makes the card of errors. `show` marks a bar in the timeline. */
export function errorsCard(
  data: ReportData,
  filter: Filter,
  show: (bar: number, from: HTMLElement) => void,
): HTMLElement {
  const { kinds, stats: { otherErrors, otherRetries } } = data;
  const most = Math.max(1, ...kinds.map(({ failed, retried }) => failed + retried));
  const groups = kinds.map((kind, at) => groupOf(data, kind, { at, most, filter, show }));
  const others = [
    otherErrors > 0 && `${formatCount(otherErrors)} inputs failed of other kinds`,
    otherRetries > 0 && `the cause of ${retriesText(otherRetries)} is not known`,
  ].filter((text) => text !== false);
  const note = `${plural(kinds.length, "kind")}: inputs that failed, and attempts that were tried again`;
  return card("Errors", note, ...groups, others.length > 0 && el("p", { class: "note" }, others.join("; ")));
}

function groupOf(
  data: ReportData,
  { name, message, stack, failed, retried, samples }: KindData,
  { at, most, filter, show }: {
    at: number;
    most: number;
    filter: Filter;
    show: (bar: number, from: HTMLElement) => void;
  },
): HTMLElement {
  const counts = [failed > 0 && `${formatCount(failed)} failed`, retried > 0 && retriesText(retried)];
  const rows = samples.map((place) => {
    const [line, text, , ms, , , bar] = data.inputs.rows[place];
    return el(
      "tr",
      {},
      el("td", { class: "number" }, line),
      el("td", { class: "code" }, text || "–"),
      el("td", { class: "number" }, bar < 0 ? "–" : barButton("to-bar", line, ms, (from) => show(bar, from))),
    );
  });
  const number = { class: "number", scope: "col" };
  const headings = [el("th", number, "line"), el("th", { scope: "col" }, "input"), el("th", number, "time")];
  const only = el("button", { type: "button", class: "only" }, "Filter by this error");
  only.addEventListener("click", () => {
    filter.set({ text: "", outcome: "all", kind: at + 1 });
    document.getElementById("filter-error")?.focus();
  });
  return el(
    "details",
    at === 0 ? { open: "" } : {},
    el(
      "summary",
      {},
      el("span", { class: "count" }, counts.filter((text) => text !== false).join(", ")),
      el("span", { class: "what" }, el("b", {}, name), ` ${message}`),
      el("span", {
        class: "meter failed",
        style: `--part:${(failed + retried) / most};--all:${failed / most}`,
      }),
    ),
    el("div", { class: "inner" }, only),
    rows.length > 0 && scroller(
      `Inputs that failed of ${name}`,
      el("table", {}, el("thead", {}, el("tr", {}, ...headings)), el("tbody", {}, ...rows)),
    ),
    stack !== "" && el("pre", { tabindex: "0", role: "region", "aria-label": `Stack of ${name}` }, stack),
  );
}
