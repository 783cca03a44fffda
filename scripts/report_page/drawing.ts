/// <reference lib="dom" />
/** Draws the timeline. Each change draws everything again, so only the visible bars are read. */

import { columnsOf, drawCurve, peakOf } from "./curves.ts";
import { type Palette, type Scene, xOf } from "./scene.ts";
import { ticks } from "./time_axis.ts";
import { TRIED_AGAIN } from "../../lib/cli/report/recording/bar_marks.ts";

/** Maximum number of pauses between attempts that are drawn at once. A guess: more lines hide the bars. */
const MOST_PAUSES = 300;

/** The colours of the page at this moment, light or dark. */
export function palette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    ok: of("ok"),
    okOther: of("ok-other"),
    okSoft: of("ok-soft"),
    failed: of("failed"),
    again: of("again"),
    dim: of("dim"),
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
  drawLimits(context, scene, colors);
  drawBars(context, scene, colors);
  drawBreaks(context, scene, colors);
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
  context.textAlign = "left";
  context.fillStyle = colors.text;
  for (const { top, height, name } of plan.machines) context.fillText(name, 0, top + height / 2);
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
  const { plan, bars, view, hovered, marked } = scene;
  context.save();
  context.beginPath();
  context.rect(plan.left, 0, plan.width - plan.left, plan.height);
  context.clip();
  drawPauses(context, scene, colors, "all");
  // Neighbouring bars differ a little in colour. Failed ones are drawn last, so that none is hidden.
  const { ok, okOther, again, failed, dim } = colors;
  for (const [kind, color] of [dim, ok, okOther, again, failed].entries()) {
    context.fillStyle = context.strokeStyle = color;
    context.lineWidth = 1;
    for (let at = 0; at < bars.count; at++) {
      if (kindOf(scene, at) !== kind) continue;
      const from = bars.start[at];
      if (from > view.to || from + bars.ms[at] < view.from) continue;
      const { x, y, width, height } = boxOf(scene, at);
      // An attempt that was tried again is hollow, so that it differs not by its colour alone.
      if (bars.failed[at] === TRIED_AGAIN && width > 3 && height > 3) {
        context.strokeRect(x + 0.5, y + 0.5, width - 1, height - 1);
      } else context.fillRect(x, y, width, height);
    }
  }
  drawPauses(context, scene, colors, "marked");
  for (const [bar, width] of [[hovered, 1.5], [marked, 2.5]]) {
    if (bar < 0) continue;
    const { x, y, width: wide, height } = boxOf(scene, bar);
    const away = width / 2 + 0.5;
    context.strokeStyle = colors.text;
    context.lineWidth = width;
    context.strokeRect(x - away, y - away, wide + 2 * away, height + 2 * away);
    if (bar !== marked) continue;
    // A pointer above the bar, because a bar may be a pixel wide.
    const middle = Math.max(plan.left + 6, Math.min(plan.width - 6, x + wide / 2));
    context.fillStyle = colors.text;
    context.beginPath();
    context.moveTo(middle, y - 4);
    context.lineTo(middle - 6, y - 14);
    context.lineTo(middle + 6, y - 14);
    context.fill();
  }
  context.restore();
}

/** In which turn a bar is drawn, and so its colour. */
function kindOf({ bars, selected }: Scene, at: number): number {
  if (selected && !selected[at]) return 0;
  const failed = bars.failed[at];
  return failed === 0 ? 1 + (at & 1) : failed === TRIED_AGAIN ? 3 : 4;
}

/** Draws the pauses between the attempts at an input: of all inputs if they are few, or of those that are marked. */
function drawPauses(
  context: CanvasRenderingContext2D,
  scene: Scene,
  colors: Palette,
  which: "all" | "marked",
): void {
  const { bars, next, view, hovered, marked, selected } = scene;
  const isOne = (at: number) =>
    [hovered, marked].some((bar) => bar >= 0 && bars.index[bar] === bars.index[at]);
  const visible = [...next].filter(([one, other]) =>
    bars.start[one] <= view.to && bars.start[other] >= view.from && (!selected || selected[one] || isOne(one))
  );
  context.strokeStyle = colors.again;
  context.setLineDash([3, 3]);
  for (const [one, other] of visible) {
    const isMarked = isOne(one);
    if (which === "marked" ? !isMarked : visible.length > MOST_PAUSES) continue;
    const [from, to] = [boxOf(scene, one), boxOf(scene, other)];
    context.lineWidth = isMarked ? 2 : 1;
    context.beginPath();
    context.moveTo(from.x + from.width, from.y + from.height / 2);
    context.lineTo(to.x, to.y + to.height / 2);
    context.stroke();
  }
  context.setLineDash([]);
}

/** Draws what limited the run: the parts of each limit, one above the other. */
function drawLimits(context: CanvasRenderingContext2D, scene: Scene, colors: Palette): void {
  const { plan, data: { limits: { step, parts } } } = scene;
  if (!plan.limits) return;
  const { top, height } = plan.limits;
  const style = getComputedStyle(document.documentElement);
  let below = new Float64Array(Math.max(1, Math.floor(plan.width - plan.left)));
  for (const [limit, values] of Object.entries(parts)) {
    context.fillStyle = style.getPropertyValue(`--limit-${limit}`).trim();
    below = columnsOf(scene, values, step).map((value, x) => {
      const high = Math.min(1 - below[x], value) * height;
      context.fillRect(plan.left + x, top + height - below[x] * height - high, 1, high);
      return below[x] + high / height;
    });
  }
  context.textAlign = "right";
  context.fillStyle = colors.muted;
  context.fillText("limit", plan.left - 8, top + height / 2);
}

/** Draws where time is left out, and the pauses after an error's `retryAfter`. */
function drawBreaks(context: CanvasRenderingContext2D, scene: Scene, colors: Palette): void {
  const { plan, data: { breaks, pauses } } = scene;
  const bottom = plan.rows.reduce((bottom, { top, height }) => Math.max(bottom, top + height), 0) ||
    plan.height;
  for (const { at } of breaks) {
    const x = Math.round(xOf(scene, at));
    if (x < plan.left || x > plan.width) continue;
    context.fillStyle = colors.text;
    for (const side of [-2, 1]) {
      context.fillRect(x + side, plan.perSecond.top, 1, bottom - plan.perSecond.top);
    }
  }
  if (!plan.limits) return;
  const { top, height } = plan.limits;
  for (const { start, ms, key } of pauses) {
    const [from, to] = [Math.max(plan.left, xOf(scene, start)), Math.min(plan.width, xOf(scene, start + ms))];
    if (to <= from) continue;
    // Those of single keys have a line of their own below, because several may overlap.
    context.fillStyle = key === undefined ? colors.text : colors.muted;
    context.fillRect(from, top + height + (key === undefined ? 1 : 4), Math.max(1, to - from), 2);
  }
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
