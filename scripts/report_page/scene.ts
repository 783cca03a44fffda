/** The state of the timeline's picture, which all drawing functions get. */

import type { ReportData } from "../../lib/cli/report/report_data.ts";
import type { BarColumns } from "./bars.ts";
import type { Plan } from "./plan.ts";

/** The content of the picture. */
export interface Scene {
  data: ReportData;
  bars: BarColumns;
  plan: Plan;
  /** The time that is shown, in milliseconds since the run began. */
  view: { from: number; to: number };
  /** The bar under the pointer. */
  hovered: number;
  /** The bar that is marked; −1 for none. */
  marked: number;
  /** For each bar, 1 if the filter selects it; undefined without a filter. */
  selected: Uint8Array | undefined;
  /** For each attempt that another one followed, the next attempt at its input: the places of bars. */
  next: Map<number, number>;
  /** The time that is selected by dragging, in milliseconds. */
  selection: { from: number; to: number } | undefined;
}

/** Colours, as CSS writes them. */
export type Palette = Record<
  | "ok"
  | "okOther"
  | "okSoft"
  | "failed"
  | "again"
  | "dim"
  | "flight"
  | "flightSoft"
  | "grid"
  | "text"
  | "muted"
  | "row"
  | "selection",
  string
>;

/** The place of a time, in pixels. */
export function xOf({ plan, view }: Scene, time: number): number {
  return plan.left + (time - view.from) / (view.to - view.from) * (plan.width - plan.left);
}
