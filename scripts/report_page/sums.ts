/// <reference lib="dom" />
/** The card of the sums that tasks have counted by `context.count`. */

import type { ReportData } from "../../lib/cli/report/report_data.ts";
import { formatAmount } from "../../lib/cli/progress/format.ts";
import { card, el, scroller } from "./dom.ts";

/** Makes the card of sums; undefined if tasks have counted nothing. */
export function sumsCard({ counts, spent }: ReportData["stats"]): HTMLElement | undefined {
  const names = [...new Set([...Object.keys(counts), ...Object.keys(spent)])];
  if (names.length === 0) return undefined;
  const amount = (sums: Record<string, number>, name: string) =>
    el("td", { class: "number" }, formatAmount(Object.hasOwn(sums, name) ? sums[name] : 0));
  const rows = names.map((name) =>
    el("tr", {}, el("td", {}, name), amount(counts, name), amount(spent, name))
  );
  const heads = ["sum", "of outcomes", "of all attempts"].map((text, at) =>
    el("th", { scope: "col", ...(at > 0 && { class: "number" }) }, text)
  );
  const table = el("table", {}, el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...rows));
  return card("Sums", "counted by the tasks", scroller("Sums", table, "tall"));
}
