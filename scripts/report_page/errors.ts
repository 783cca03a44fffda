/// <reference lib="dom" />
/**
 * The card of errors: each kind with a few of its inputs, and the stack of the first error.
 *
 * @module
 */

import type { ErrorGroup } from "../../lib/cli/report/recording/error_groups.ts";
import type { ReportData } from "../../lib/cli/report/report_data.ts";
import { card, el, formatCount, plural } from "./dom.ts";

/** Makes the card of errors. */
export function errorsCard({ errors, otherErrors }: ReportData["stats"]): HTMLElement {
  const most = errors[0].count;
  const groups = (errors as ErrorGroup[]).map((group, at) => groupOf(group, most, at === 0));
  const more = otherErrors > 0 &&
    el("p", { class: "note" }, `and ${formatCount(otherErrors)} of other kinds`);
  return card("Errors", plural(errors.length, "kind"), ...groups, more);
}

function groupOf(
  { name, message, stack, count, samples }: ErrorGroup,
  most: number,
  open: boolean,
): HTMLElement {
  const rows = samples.map(({ line, input }) =>
    el("tr", {}, el("td", { class: "number" }, line), el("td", { class: "code" }, input || "–"))
  );
  return el(
    "details",
    open ? { open: "" } : {},
    el(
      "summary",
      {},
      el("span", { class: "count" }, count),
      el("span", { class: "what" }, el("b", {}, name), ` ${message}`),
      el("span", { class: "meter failed", style: `--part:${count / most}` }),
    ),
    el(
      "div",
      { class: "scroll" },
      el(
        "table",
        {},
        el("thead", {}, el("tr", {}, el("th", { class: "number" }, "line"), el("th", {}, "input"))),
        el("tbody", {}, ...rows),
      ),
    ),
    stack !== "" && el("pre", {}, stack),
  );
}
