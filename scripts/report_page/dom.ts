/// <reference lib="dom" />
/**
 * Makes elements and formats numbers, for all parts of the page.
 */

type Child = Node | string | number | undefined | false;

/** Makes an element. Texts in it are never HTML. */
export function el(name: string, attributes: Record<string, string> = {}, ...children: Child[]): HTMLElement {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children.filter((child) => child !== undefined && child !== false).map(toNode));
  return element;
}

function toNode(child: Child): Node | string {
  return typeof child === "number" ? formatCount(child) : child as Node | string;
}

const COUNT = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** A count: `1200` → `1,200`. */
export function formatCount(number: number): string {
  return COUNT.format(number);
}

/** A number: `0.482` → `0.48`, `1234.5` → `1,235`. */
export function formatNumber(number: number): string {
  if (number >= 100) return formatCount(number);
  return String(Number(number.toPrecision(2)));
}

/** A time in milliseconds: `under 1 µs`, `0.4 ms`, `45 ms`, `3.2 s`, `12 min 5 s`, `3 h 20 min`. */
export function formatTime(ms: number): string {
  // Workers measure in microseconds.
  if (ms < 0.001) return "under 1 µs";
  if (ms < 10) return `${Number(ms.toPrecision(2))} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9_950) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${formatCount(Math.floor(minutes / 60))} h ${minutes % 60} min`;
}

/** A count of things: `1 input`, `1,200 inputs`. */
export function plural(number: number, noun: string): string {
  return `${formatCount(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/** A count of retries: `1 retry`, `12 retries`. */
export function retriesText(number: number): string {
  return `${formatCount(number)} ${number === 1 ? "retry" : "retries"}`;
}

/** A part that scrolls if it is too large. It can have the focus, so that keys scroll it. */
export function scroller(name: string, content: HTMLElement, more = ""): HTMLElement {
  return el("div", { class: `scroll ${more}`, tabindex: "0", role: "region", "aria-label": name }, content);
}

/** A part of the page with a heading. */
export function card(title: string, note: Child, ...children: Child[]): HTMLElement {
  const heading = el("header", {}, el("h2", {}, title), note ? el("p", { class: "note" }, note) : undefined);
  return el("section", { class: "card" }, heading, ...children);
}
