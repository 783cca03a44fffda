/// <reference lib="dom" />
/** The card of inputs: a form that filters them, and a table, the slowest first. */

import type { ReportData } from "../../lib/cli/report/report_data.ts";
import { card, el, formatCount, formatTime, plural, scroller } from "./dom.ts";
import { type Filter, OUTCOMES, type Selected, type Wanted } from "./filter.ts";

/** Number of rows that are shown at first, and with each further click. */
const PAGE = 50;

/** The texts of outcomes in the form. */
const OUTCOME_TEXTS: Record<Wanted["outcome"], string> = {
  all: "all",
  ok: "ok",
  failed: "failed",
  retried: "tried again",
};

/** Makes the card. `show` marks a bar in the timeline. */
export function inputsCard(
  data: ReportData,
  filter: Filter,
  show: (bar: number, from: HTMLElement) => void,
): HTMLElement {
  const { rows, oneIn, failedOneIn } = data.inputs;
  const hasTexts = rows.some(([, text]) => text !== "");
  const found = el("p", { class: "note found", role: "status" });
  const body = el("tbody");
  const more = el("button", { type: "button", class: "more" }, "Show more");
  const number = { class: "number", scope: "col" };
  const headings = [
    el("th", number, "line"),
    hasTexts && el("th", { scope: "col" }, "input"),
    el("th", { scope: "col" }, "outcome"),
    el("th", number, "attempts"),
    el("th", number, "time"),
  ];
  const table = el("table", {}, el("thead", {}, el("tr", {}, ...headings)), body);
  let selected = filter.select();
  let shown = 0;
  const showMore = () => {
    const next = selected.rows.slice(shown, shown + PAGE);
    body.append(...next.map((at) => rowOf(data, at, { hasTexts, show })));
    shown += next.length;
    more.hidden = shown >= selected.rows.length;
  };
  more.addEventListener("click", showMore);
  const renew = (now: Selected) => {
    selected = now;
    shown = 0;
    body.replaceChildren();
    showMore();
    const all = selected.rows.length === rows.length;
    found.textContent = all
      ? `${plural(rows.length, "input")}, the slowest first`
      : `${formatCount(selected.rows.length)} of ${plural(rows.length, "input")}`;
  };
  filter.onChange(renew);
  renew(selected);
  const part = (one: number) => one === 1 ? "all" : `one in ${formatCount(one)}`;
  const note = oneIn === 1 && failedOneIn === 1
    ? "a time leads to its bar in the timeline"
    : `the slowest, some of each kind of error, and ${part(oneIn)} of those that ended well and ${
      part(failedOneIn)
    } of those that failed; a time leads to its bar in the timeline`;
  return card("Inputs", note, form(data, filter), found, scroller("Inputs", table, "tall"), more);
}

function form({ kinds }: ReportData, filter: Filter): HTMLElement {
  const text = el("input", { type: "search", id: "filter-text", autocomplete: "off" }) as HTMLInputElement;
  text.addEventListener("input", () => filter.set({ text: text.value }));
  const outcome = el(
    "select",
    { id: "filter-outcome" },
    ...OUTCOMES.map((name) => el("option", { value: name }, OUTCOME_TEXTS[name])),
  ) as HTMLSelectElement;
  outcome.addEventListener("change", () => filter.set({ outcome: outcome.value as Wanted["outcome"] }));
  const options = kinds.map(({ name, message }, at) =>
    el("option", { value: String(at + 1) }, `${name}: ${message}`.slice(0, 100))
  );
  const kind = el("select", { id: "filter-error" }, el("option", { value: "0" }, "all"), ...options) as
    & HTMLElement
    & HTMLSelectElement;
  kind.addEventListener("change", () => filter.set({ kind: Number(kind.value) }));
  const clear = el("button", { type: "reset" }, "Clear");
  const made = el(
    "form",
    { class: "filter", role: "search", "aria-label": "Filter inputs and bars" },
    el("label", { for: "filter-text" }, "Text", text),
    el("label", { for: "filter-outcome" }, "Outcome", outcome),
    kinds.length > 0 && el("label", { for: "filter-error", class: "error" }, "Error", kind),
    clear,
  );
  made.addEventListener("submit", (event) => event.preventDefault());
  // After the reset, so that the fields are empty then.
  made.addEventListener("reset", () => filter.set({ text: "", outcome: "all", kind: 0 }));
  // Another part of the page may change the filter.
  filter.onChange(() => {
    const { wanted } = filter;
    if (text.value !== wanted.text) text.value = wanted.text;
    outcome.value = wanted.outcome;
    kind.value = String(wanted.kind);
  });
  return made;
}

function rowOf(
  { inputs: { rows }, kinds }: ReportData,
  at: number,
  { hasTexts, show }: { hasTexts: boolean; show: (bar: number, from: HTMLElement) => void },
): HTMLElement {
  const [line, text, ok, ms, attempts, kind, bar] = rows[at];
  const error = kind > 0 ? kinds[kind - 1] : undefined;
  const outcome = ok ? el("td", {}, "ok") : el(
    "td",
    {},
    el("span", { class: "bad" }, "failed"),
    error && ` ${error.name}: ${error.message}`.slice(0, 90),
  );
  return el(
    "tr",
    {},
    el("td", { class: "number" }, line),
    hasTexts && el("td", { class: "code" }, text || "–"),
    outcome,
    el("td", { class: attempts > 1 ? "number again" : "number" }, attempts),
    el("td", { class: "number" }, bar < 0 ? "–" : barButton("link", line, ms, (from) => show(bar, from))),
  );
}

/** A button with a time, which leads to a bar. */
export function barButton(
  className: string,
  line: number,
  ms: number,
  act: (from: HTMLElement) => void,
): HTMLElement {
  const text = formatTime(ms);
  const label = `${text}: show line ${formatCount(line)} in the timeline`;
  const button = el("button", { type: "button", class: className, "aria-label": label, title: label }, text);
  button.addEventListener("click", () => act(button));
  return button;
}
