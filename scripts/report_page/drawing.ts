/// <reference lib="dom" />
/**
 * Draws the timeline. It is drawn anew whenever something changes, so it only looks at what is in the picture.
 *
 * @module
 */

import type { ReportData } from "../../lib/cli/report/facts.ts";
import type { BarColumns } from "./bars.ts";
import { formatNumber } from "./dom.ts";
import type { Plan, Strip } from "./plan.ts";
import { ticks } from "./time_axis.ts";

/** What is in the picture. */
export interface Scene {
  data: ReportData;
  bars: BarColumns;
  plan: Plan;
  /** From when to when, in milliseconds since the run began. */
  view: { from: number; to: number };
  /** The bar under the pointer. */
  hovered: number;
  /** What is being chosen by dragging, in milliseconds. */
  selection: { from: number; to: number } | undefined;
}

type Palette = Record<
  | "ok"
  | "okOther"
  | "okSoft"
  | "failed"
  | "flight"
  | "flightSoft"
  | "grid"
  | "text"
  | "muted"
  | "row"
  | "selection",
  string
>;

/** The colours that the page has now, light or dark. */
export function palette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    ok: of("ok"),
    okOther: of("ok-other"),
    okSoft: of("ok-soft"),
    failed: of("failed"),
    flight: of("flight"),
    flightSoft: of("flight-soft"),
    grid: of("grid"),
    text: of("text"),
    muted: of("muted"),
    row: of("row"),
    selection: of("selection"),
  };
}

/** Where a time stands. */
export function xOf({ plan, view }: Scene, time: number): number {
  return plan.left + (time - view.from) / (view.to - view.from) * (plan.width - plan.left);
}

/** Draws everything. */
export function draw(context: CanvasRenderingContext2D, scene: Scene, colors: Palette): void {
  const { plan, data: { curves } } = scene;
  context.clearRect(0, 0, plan.width, plan.height);
  context.font = `11px ${getComputedStyle(document.body).fontFamily}`;
  context.textBaseline = "middle";
  drawRows(context, scene, colors);
  drawGrid(context, scene, colors);
  const perSecond = (counts: number[]) => counts.map((count) => count * 1_000 / curves.step);
  const all = perSecond(curves.ok.map((ok, at) => ok + curves.failed[at]));
  drawCurve(context, scene, {
    strip: plan.perSecond,
    values: all,
    line: colors.ok,
    fill: colors.okSoft,
    name: "per second",
  }, colors);
  if (curves.failed.some((count) => count > 0)) {
    const most = peakOf(scene, all);
    drawCurve(context, scene, {
      strip: plan.perSecond,
      values: perSecond(curves.failed),
      line: colors.failed,
      fill: colors.failed,
      most,
    }, colors);
  }
  drawCurve(context, scene, {
    strip: plan.inFlight,
    values: curves.inFlight,
    line: colors.flight,
    fill: colors.flightSoft,
    name: "in flight",
  }, colors);
  drawBars(context, scene, colors);
  drawSelection(context, scene, colors);
}

function drawGrid(context: CanvasRenderingContext2D, scene: Scene, colors: Palette): void {
  const { plan, view } = scene;
  const perPixel = (view.to - view.from) / (plan.width - plan.left);
  context.fillStyle = colors.grid;
  const middle = plan.axis.top + plan.axis.height / 2;
  for (const { time, text } of ticks(view.from, view.to, 84 * perPixel)) {
    const x = Math.round(xOf(scene, time));
    context.fillStyle = colors.grid;
    context.fillRect(x, plan.perSecond.top, 1, plan.axis.top - plan.perSecond.top);
    context.fillStyle = colors.muted;
    const { width } = context.measureText(text);
    context.textAlign = "left";
    context.fillText(text, Math.min(plan.width - width, Math.max(plan.left, x - width / 2)), middle);
  }
}

interface Curve {
  strip: Strip;
  values: number[];
  line: string;
  fill: string;
  name?: string;
  /** What the top of the strip stands for, if not the curve's own highest. */
  most?: number;
}

/** The values of the steps that fall on the same pixel count as their mean. */
function columnsOf(scene: Scene, values: number[]): Float64Array {
  const { plan, view, data: { curves: { step } } } = scene;
  const width = Math.max(1, Math.floor(plan.width - plan.left));
  const perPixel = (view.to - view.from) / width;
  const columns = new Float64Array(width);
  for (let x = 0; x < width; x++) {
    const from = (view.from + x * perPixel) / step;
    const to = from + perPixel / step;
    let [sum, weight] = [0, 0];
    for (let at = Math.max(0, Math.floor(from)); at < Math.min(values.length, Math.ceil(to)); at++) {
      const part = Math.min(to, at + 1) - Math.max(from, at);
      sum += values[at] * part;
      weight += part;
    }
    columns[x] = weight > 0 ? sum / weight : 0;
  }
  return smooth(columns);
}

/** Over a few pixels: what comes in bursts would be a comb otherwise. */
function smooth(columns: Float64Array): Float64Array {
  const reach = 3;
  return columns.map((_, x) => {
    let [sum, weight] = [0, 0];
    for (let at = Math.max(0, x - reach); at <= Math.min(columns.length - 1, x + reach); at++) {
      const part = reach + 1 - Math.abs(at - x);
      sum += columns[at] * part;
      weight += part;
    }
    return sum / weight;
  });
}

function peakOf(scene: Scene, values: number[]): number {
  return Math.max(1e-9, columnsOf(scene, values).reduce((most, value) => Math.max(most, value), 0));
}

function drawCurve(context: CanvasRenderingContext2D, scene: Scene, curve: Curve, colors: Palette): void {
  const { plan } = scene;
  const { strip: { top, height }, values, line, fill, name } = curve;
  const columns = columnsOf(scene, values);
  const most = curve.most ?? Math.max(1e-9, columns.reduce((most, value) => Math.max(most, value), 0));
  const y = (value: number) => top + height - value / most * height;
  context.beginPath();
  context.moveTo(plan.left, top + height);
  columns.forEach((value, x) => context.lineTo(plan.left + x + 0.5, y(value)));
  context.lineTo(plan.width, top + height);
  context.fillStyle = fill;
  context.fill();
  context.beginPath();
  columns.forEach((value, x) => context.lineTo(plan.left + x + 0.5, y(value)));
  context.strokeStyle = line;
  context.lineWidth = 1.25;
  context.stroke();
  if (name === undefined) return;
  context.fillStyle = colors.grid;
  context.fillRect(plan.left, top + height, plan.width - plan.left, 1);
  context.textAlign = "right";
  context.fillStyle = colors.text;
  context.fillText(formatNumber(most), plan.left - 8, top + 6);
  context.fillStyle = colors.muted;
  const words = plan.left < 60 ? name.split(" ") : [name];
  words.forEach((word, at) => context.fillText(word, plan.left - 8, top + 21 + 12 * at));
}

function drawRows(context: CanvasRenderingContext2D, scene: Scene, colors: Palette): void {
  const { plan, data } = scene;
  for (const [at, { top, height }] of plan.rows.entries()) {
    context.fillStyle = colors.row;
    context.fillRect(plan.left, top, plan.width - plan.left, height);
    context.fillStyle = colors.muted;
    context.textAlign = "right";
    const name = data.journal ? "tasks" : plan.left < 60 ? `w ${at + 1}` : `worker ${at + 1}`;
    context.fillText(name, plan.left - 8, top + height / 2);
    if (data.bars.oneIn === 1 && data.bars.failedOneIn === 1) continue;
    // With a sample of the bars, how full the worker was is seen behind them.
    const lanes = Math.max(1, data.lanes[at]);
    context.fillStyle = colors.okSoft;
    columnsOf(scene, data.curves.slots[at]).forEach((value, x) => {
      const full = Math.min(1, value / lanes) * height;
      context.fillRect(plan.left + x, top + height - full, 1, full);
    });
  }
}

function drawBars(context: CanvasRenderingContext2D, scene: Scene, colors: Palette): void {
  const { plan, bars, view, hovered } = scene;
  context.save();
  context.beginPath();
  context.rect(plan.left, 0, plan.width - plan.left, plan.height);
  context.clip();
  // Neighbours differ a little; failed ones come last, so that none of them is hidden.
  const { ok, okOther, failed } = colors;
  for (const [kind, color] of [ok, okOther, failed].entries()) {
    context.fillStyle = color;
    for (let at = 0; at < bars.count; at++) {
      if ((bars.failed[at] ? 2 : at & 1) !== kind) continue;
      const from = bars.start[at];
      if (from > view.to || from + bars.ms[at] < view.from) continue;
      const { x, y, width, height } = boxOf(scene, at);
      context.fillRect(x, y, width, height);
    }
  }
  if (hovered >= 0) {
    const { x, y, width, height } = boxOf(scene, hovered);
    context.strokeStyle = colors.text;
    context.lineWidth = 1.5;
    context.strokeRect(x - 0.75, y - 0.75, width + 1.5, height + 1.5);
  }
  context.restore();
}

/** Where a bar stands. */
export function boxOf(scene: Scene, at: number): { x: number; y: number; width: number; height: number } {
  const { bars, plan } = scene;
  const x = xOf(scene, bars.start[at]);
  const wide = xOf(scene, bars.start[at] + bars.ms[at]) - x;
  const { top, lane } = plan.rows[bars.slot[at]];
  // A little air between those that are large enough for it.
  return {
    x,
    y: top + bars.lane[at] * lane,
    width: Math.max(bars.failed[at] ? 1.5 : 0.6, wide > 4 ? wide - 1 : wide),
    height: lane > 4 ? lane - 1 : lane,
  };
}

function drawSelection(context: CanvasRenderingContext2D, scene: Scene, colors: Palette): void {
  const { selection, plan } = scene;
  if (!selection) return;
  const [one, other] = [xOf(scene, selection.from), xOf(scene, selection.to)];
  context.fillStyle = colors.selection;
  context.fillRect(Math.max(plan.left, Math.min(one, other)), 0, Math.abs(other - one), plan.height);
}
