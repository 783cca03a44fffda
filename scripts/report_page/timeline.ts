/// <reference lib="dom" />
/**
 * The timeline: its picture, and how users move in it. A mouse selects a time range by dragging, fingers move and
 * pinch, and buttons and keys do the same. Longer than most files, because each way to move changes the same view.
 */

import type { ReportData } from "../../lib/cli/report/report_data.ts";
import { TRIED_AGAIN } from "../../lib/cli/report/recording/bar_marks.ts";
import type { BarColumns } from "./bars.ts";
import { el, formatCount, formatTime } from "./dom.ts";
import { boxOf, draw, palette } from "./drawing.ts";
import { planFor } from "./plan.ts";
import type { Scene } from "./scene.ts";
import { moment } from "./time_axis.ts";

/** Shortest time that can be shown, in milliseconds. */
const CLOSEST = 0.2;

/** The timeline: a canvas with buttons and a tip. */
export class Timeline {
  readonly element: HTMLElement;
  readonly #canvas = document.createElement("canvas");
  readonly #tip = el("div", { class: "tip", hidden: "" });
  readonly #range = el("span", { class: "range" });
  /** Tells of the bar that is marked. */
  readonly #told = el("p", { class: "told", role: "status" });
  /** Where the marking of a bar came from: Escape leads back. */
  #opener: HTMLElement | undefined;
  readonly #data: ReportData;
  readonly #bars: BarColumns;
  readonly #end: number;
  readonly #scene: Scene;
  /** The pointers that are down: their positions, and where they went down. */
  readonly #pointers = new Map<number, { x: number; began: number }>();
  #colors = palette();
  #isPlanned = false;

  constructor(data: ReportData, bars: BarColumns) {
    this.#data = data;
    this.#bars = bars;
    this.#end = Math.max(data.stats.wallMs, data.curves.ok.length * data.curves.step, 1);
    this.#scene = {
      data,
      bars: this.#bars,
      plan: this.#planFor(600),
      view: { from: 0, to: this.#end },
      hovered: -1,
      marked: -1,
      selected: undefined,
      next: nextAttempts(this.#bars),
      selection: undefined,
    };
    this.#canvas.tabIndex = 0;
    // Not an image: it takes keys, and screen readers pass them on to an application only.
    this.#canvas.setAttribute("role", "application");
    this.#canvas.setAttribute("aria-roledescription", "timeline");
    this.#canvas.setAttribute("aria-label", "Timeline of the workers");
    this.#canvas.setAttribute("aria-describedby", "timeline-keys");
    this.element = el(
      "div",
      { class: "timeline" },
      this.#controls(),
      el("div", { class: "stage" }, this.#canvas, this.#tip),
      this.#told,
      keysNote(),
    );
  }

  /** Begins to draw. Called when the element is in the page. */
  start(): void {
    new ResizeObserver(() => this.#resize()).observe(this.element);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.#colors = palette();
      this.#draw();
    });
    this.#listen();
    this.#resize();
  }

  /** Shows a time. */
  showTime(from: number, to: number): void {
    this.#show(from, to);
    this.element.scrollIntoView({ behavior: "smooth", block: "nearest" });
  }

  /** Marks a bar, shows it, and moves the focus to the timeline. Escape leads back to `opener`. */
  show(bar: number, opener: HTMLElement): void {
    this.#opener = opener;
    this.#canvas.focus({ preventScroll: true });
    this.#mark(bar);
    this.#near();
  }

  /** Draws the bars faintly that a filter does not select. */
  select(selected: Uint8Array | undefined): void {
    this.#scene.selected = selected;
    this.#draw();
  }

  #planFor(width: number) {
    const { lanes, limits, stats: { workers } } = this.#data;
    const machines = lanes.map((_, position) => workers[position]?.machine);
    return planFor(width, { lanes, machines, hasLimits: Object.keys(limits.parts).length > 0 });
  }

  #mark(bar: number): void {
    this.#scene.marked = bar;
    this.#told.replaceChildren(...(bar < 0 ? [] : this.#describe(bar)));
    this.#draw();
  }

  /** Marks the next bar in time, or the one before. */
  #step(by: 1 | -1): void {
    const { start, count } = this.#bars;
    const { selected, marked, view } = this.#scene;
    const order = Array.from({ length: count }, (_, at) => at).filter((at) => !selected || selected[at])
      .sort((one, other) => start[one] - start[other] || one - other);
    if (order.length === 0) return;
    const at = order.indexOf(marked);
    const first = order.findIndex((bar) => start[bar] >= view.from);
    const place = at === -1 ? Math.max(0, by === 1 ? first : first - 1) : at + by;
    const bar = order[Math.min(order.length - 1, Math.max(0, place))];
    this.#mark(bar);
    const { from, to } = this.#scene.view;
    if (start[bar] < from || start[bar] > to) {
      this.#show(start[bar] - (to - from) / 2, start[bar] + (to - from) / 2);
    }
  }

  /** Shows the marked bar and the time around it. */
  #near(): void {
    const { marked } = this.#scene;
    if (marked < 0) return;
    const [from, ms] = [this.#bars.start[marked], this.#bars.ms[marked]];
    const around = Math.max(ms, CLOSEST) * 1.5;
    this.showTime(from - around, from + ms + around);
  }

  #back(): void {
    this.#mark(-1);
    this.#opener?.focus();
    this.#opener = undefined;
  }

  #machineOf(position: number): string {
    const { machine } = this.#data.stats.workers[position] ?? {};
    return machine === undefined ? "" : ` on ${machine}`;
  }

  #describe(bar: number): (string | HTMLElement)[] {
    const { index, start, ms, failed, kind, position } = this.#bars;
    const error = kind[bar] > 0 ? this.#data.kinds[kind[bar] - 1] : undefined;
    const outcome = failed[bar] === TRIED_AGAIN ? " failed, tried again" : failed[bar] ? " failed" : "";
    const place = this.#data.journal || this.#data.earlier && position[bar] === 0
      ? ""
      : `, worker ${position[bar] + 1}${this.#machineOf(position[bar])}`;
    return [
      el("b", {}, `input ${formatCount(index[bar] + 1)}`),
      outcome && el("span", { class: "bad" }, outcome),
      `: ${formatTime(ms[bar])}, from ${moment(start[bar], 100 * Math.max(1, ms[bar]))}${place}`,
      error ? `; ${error.name}: ${error.message}` : "",
    ];
  }

  #controls(): HTMLElement {
    const button = (text: string, title: string, act: () => void) => {
      const made = el("button", { type: "button", title, "aria-label": title }, text);
      made.addEventListener("click", act);
      return made;
    };
    const legend = (name: string, text: string) =>
      el("span", { class: "legend" }, el("i", { class: name }), text);
    return el(
      "div",
      { class: "controls" },
      legend("ok", "ok"),
      this.#data.bars.again > 0 && legend("again", "tried again, after a pause"),
      legend("failed", "failed"),
      legend("flight", "in flight"),
      this.#range,
      el(
        "span",
        { class: "buttons" },
        button("‹", "earlier", () => this.#move(-0.4)),
        button("›", "later", () => this.#move(0.4)),
        button("−", "zoom out", () => this.#zoom(2)),
        button("+", "zoom in", () => this.#zoom(0.5)),
        button("all", "show all of the run", () => this.#show(0, this.#end)),
      ),
    );
  }

  #resize(): void {
    const width = this.element.clientWidth;
    if (width === 0 || (this.#isPlanned && width === this.#scene.plan.width)) return;
    this.#isPlanned = true;
    const plan = this.#scene.plan = this.#planFor(width);
    const ratio = Math.min(3, devicePixelRatio || 1);
    this.#canvas.width = Math.round(width * ratio);
    this.#canvas.height = Math.round(plan.height * ratio);
    this.#canvas.style.width = `${width}px`;
    this.#canvas.style.height = `${plan.height}px`;
    this.#canvas.getContext("2d")!.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.#draw();
  }

  #draw(): void {
    const { from, to } = this.#scene.view;
    const isAll = from <= 0 && to >= this.#end;
    this.#range.textContent = isAll
      ? ""
      : `${moment(from, to - from)} to ${moment(to, to - from)} (${formatTime(to - from)})`;
    draw(this.#canvas.getContext("2d")!, this.#scene, this.#colors);
  }

  #show(from: number, to: number): void {
    const length = Math.min(this.#end, Math.max(CLOSEST, to - from));
    const start = Math.min(this.#end - length, Math.max(0, from));
    this.#scene.view = { from: start, to: start + length };
    this.#draw();
  }

  #zoom(factor: number, around?: number): void {
    const { from, to } = this.#scene.view;
    const center = around ?? (from + to) / 2;
    this.#show(center - (center - from) * factor, center + (to - center) * factor);
  }

  /** Moves by a fraction of the visible time. */
  #move(part: number): void {
    const { from, to } = this.#scene.view;
    this.#show(from + part * (to - from), to + part * (to - from));
  }

  #timeAt(x: number): number {
    const { plan, view } = this.#scene;
    return view.from + (x - plan.left) / (plan.width - plan.left) * (view.to - view.from);
  }

  #listen(): void {
    const canvas = this.#canvas;
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#moved(event));
    for (const name of ["pointerup", "pointercancel"] as const) {
      canvas.addEventListener(name, (event) => this.#up(event));
    }
    canvas.addEventListener("pointerleave", () => this.#hover(-1));
    canvas.addEventListener("dblclick", () => this.#show(0, this.#end));
    canvas.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    canvas.addEventListener("keydown", (event) => {
      const act = KEYS[event.key];
      if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      act({
        move: (part) => this.#move(part),
        zoom: (factor) => this.#zoom(factor),
        all: () => this.#show(0, this.#end),
        step: (by) => this.#step(by),
        near: () => this.#near(),
        back: () => this.#back(),
      });
    });
  }

  #down(event: PointerEvent): void {
    this.#canvas.setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, { x: event.offsetX, began: event.offsetX });
  }

  #moved(event: PointerEvent): void {
    const pointer = this.#pointers.get(event.pointerId);
    if (!pointer) return this.#hover(this.#barAt(event.offsetX, event.offsetY), event);
    const before = [...this.#pointers.values()].map(({ x }) => x);
    const moved = event.offsetX - pointer.x;
    pointer.x = event.offsetX;
    if (event.pointerType === "mouse") {
      this.#scene.selection = { from: this.#timeAt(pointer.began), to: this.#timeAt(pointer.x) };
      return this.#draw();
    }
    if (before.length === 2) return this.#pinch(before);
    const { plan } = this.#scene;
    this.#move(-moved / (plan.width - plan.left));
  }

  #pinch([one, other]: number[]): void {
    const [now, then] = [...this.#pointers.values()].map(({ x }) => x);
    const factor = Math.abs(one - other) / Math.max(1, Math.abs(now - then));
    this.#zoom(factor, this.#timeAt((now + then) / 2));
  }

  #up(event: PointerEvent): void {
    const pointer = this.#pointers.get(event.pointerId);
    this.#pointers.delete(event.pointerId);
    this.#scene.selection = undefined;
    if (!pointer) return;
    const dragged = Math.abs(pointer.x - pointer.began);
    if (event.pointerType === "mouse" && dragged > 4) {
      const times = [this.#timeAt(pointer.began), this.#timeAt(pointer.x)].sort((one, other) => one - other);
      return this.#show(times[0], times[1]);
    }
    if (dragged <= 4) {
      const bar = this.#barAt(event.offsetX, event.offsetY);
      this.#opener = undefined;
      this.#mark(bar);
      this.#hover(bar, event);
    }
    this.#draw();
  }

  /** Zooms with Ctrl and the wheel. The wheel alone scrolls the page. */
  #wheel(event: WheelEvent): void {
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      return this.#zoom(Math.exp(event.deltaY / 300), this.#timeAt(event.offsetX));
    }
    const sideways = event.shiftKey ? event.deltaY : event.deltaX;
    if (sideways === 0 || Math.abs(sideways) < Math.abs(event.deltaY) && !event.shiftKey) return;
    event.preventDefault();
    this.#move(sideways / 1_000);
  }

  #barAt(x: number, y: number): number {
    const { plan } = this.#scene;
    const position = plan.rows.findIndex(({ top, height }) => y >= top && y < top + height);
    if (position === -1 || x < plan.left) return -1;
    let [best, away] = [-1, 4];
    const lane = Math.floor((y - plan.rows[position].top) / plan.rows[position].lane);
    for (let at = 0; at < this.#bars.count; at++) {
      if (this.#bars.position[at] !== position || this.#bars.lane[at] !== lane) continue;
      const box = boxOf(this.#scene, at);
      const distance = Math.max(box.x - x, x - box.x - box.width, 0);
      if (distance < away) [best, away] = [at, distance];
    }
    return best;
  }

  #hover(bar: number, event?: PointerEvent): void {
    if (bar !== this.#scene.hovered) {
      this.#scene.hovered = bar;
      this.#draw();
    }
    this.#tip.hidden = bar < 0;
    if (bar < 0 || !event) return;
    const { index, start, ms, failed } = this.#bars;
    this.#tip.replaceChildren(
      el("b", {}, `input ${formatCount(index[bar] + 1)}`),
      failed[bar]
        ? el("span", { class: "bad" }, failed[bar] === TRIED_AGAIN ? " failed, tried again" : " failed")
        : "",
      el("br"),
      `${formatTime(ms[bar])}, from ${moment(start[bar], 100 * Math.max(1, ms[bar]))}`,
    );
    const left = Math.min(event.offsetX + 14, this.#scene.plan.width - this.#tip.offsetWidth - 4);
    this.#tip.style.transform = `translate(${Math.max(0, left)}px, ${event.offsetY + 16}px)`;
  }
}

/** For each attempt that another one followed, the next attempt at its input. */
function nextAttempts({ count, index, start, failed }: BarColumns): Map<number, number> {
  const tried = new Set<number>();
  for (let at = 0; at < count; at++) if (failed[at] === TRIED_AGAIN) tried.add(index[at]);
  const attempts = Map.groupBy(
    Array.from({ length: count }, (_, at) => at).filter((at) => tried.has(index[at])),
    (at) => index[at],
  );
  const next = new Map<number, number>();
  for (const bars of attempts.values()) {
    bars.sort((one, other) => start[one] - start[other]);
    for (let at = 1; at < bars.length; at++) {
      if (failed[bars[at - 1]] === TRIED_AGAIN) next.set(bars[at - 1], bars[at]);
    }
  }
  return next;
}

function keysNote(): HTMLElement {
  return el(
    "p",
    { class: "note keys", id: "timeline-keys" },
    "Keys: ← → move, + − zoom, 0 shows all, ↑ ↓ mark a bar, Enter zooms to it, Escape goes back",
  );
}

interface Moves {
  move(part: number): void;
  zoom(factor: number): void;
  all(): void;
  step(by: 1 | -1): void;
  near(): void;
  back(): void;
}

const KEYS: Record<string, (moves: Moves) => void> = {
  ArrowLeft: ({ move }) => move(-0.2),
  ArrowRight: ({ move }) => move(0.2),
  ArrowUp: ({ step }) => step(-1),
  ArrowDown: ({ step }) => step(1),
  Enter: ({ near }) => near(),
  Escape: ({ back }) => back(),
  Home: ({ all }) => all(),
  "+": ({ zoom }) => zoom(0.5),
  "=": ({ zoom }) => zoom(0.5),
  "-": ({ zoom }) => zoom(2),
  "0": ({ all }) => all(),
};
