/// <reference lib="dom" />
/**
 * Draws the timeline. Each change draws everything again, so only the visible bars are read.
 *
 * @module
 */

import { columnsOf, drawCurve, peakOf } from "./curves.ts";
import { type Palette, type Scene, xOf } from "./scene.ts";
import { ticks } from "./time_axis.ts";

/** The colours of the page at this moment, light or dark. */
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

/** Draws the whole timeline. */
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

function drawRows(context: CanvasRenderingContext2D, scene: Scene, colors: Palette): void {
  const { plan, data } = scene;
  for (const [at, { top, height }] of plan.rows.entries()) {
    context.fillStyle = colors.row;
    context.fillRect(plan.left, top, plan.width - plan.left, height);
    context.fillStyle = colors.muted;
    context.textAlign = "right";
    const name = data.journal
      ? "tasks"
      : data.earlier && at === 0
      ? "before"
      : plan.left < 60
      ? `w ${at + 1}`
      : `worker ${at + 1}`;
    context.fillText(name, plan.left - 8, top + height / 2);
    if (data.bars.oneIn === 1 && data.bars.failedOneIn === 1) continue;
    // If the bars are a sample, the load of the worker is drawn behind them.
    const lanes = Math.max(1, data.lanes[at]);
    context.fillStyle = colors.okSoft;
    columnsOf(scene, data.curves.positions[at]).forEach((value, x) => {
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
  // Neighbouring bars differ a little in colour. Failed ones are drawn last, so that none is hidden.
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

/** The place of a bar, in pixels. */
export function boxOf(scene: Scene, at: number): { x: number; y: number; width: number; height: number } {
  const { bars, plan } = scene;
  const x = xOf(scene, bars.start[at]);
  const wide = xOf(scene, bars.start[at] + bars.ms[at]) - x;
  const { top, lane } = plan.rows[bars.position[at]];
  // Large bars have a small gap between them.
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
