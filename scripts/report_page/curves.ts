/// <reference lib="dom" />
/** Draws the curves above the rows of the workers. */

import { formatNumber } from "./dom.ts";
import type { Strip } from "./plan.ts";
import type { Palette, Scene } from "./scene.ts";

/** A curve, and the strip in which it is drawn. */
export interface Curve {
  strip: Strip;
  values: number[];
  line: string;
  fill: string;
  name?: string;
  /** The value at the top of the strip. Default: the highest value of the curve. */
  most?: number;
}

/** The values of a curve by pixel: the mean of all steps on that pixel. */
export function columnsOf(scene: Scene, values: number[], step = scene.data.curves.step): Float64Array {
  const { plan, view } = scene;
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

/** The mean over a few pixels, because bursts would look like a comb. */
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

/** The highest value of a curve in the time that is shown. */
export function peakOf(scene: Scene, values: number[]): number {
  return Math.max(1e-9, columnsOf(scene, values).reduce((most, value) => Math.max(most, value), 0));
}

/** Draws a curve, and its name if it has one. */
export function drawCurve(
  context: CanvasRenderingContext2D,
  scene: Scene,
  curve: Curve,
  colors: Palette,
): void {
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
