/**
 * What the timeline shows at a moment; everything that draws gets this.
 *
 * @module
 */

import type { ReportData } from "../../lib/cli/report/report_data.ts";
import type { BarColumns } from "./bars.ts";
import type { Plan } from "./plan.ts";

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

/** Colours, as CSS writes them. */
export type Palette = Record<
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

/** Where a time stands. */
export function xOf({ plan, view }: Scene, time: number): number {
  return plan.left + (time - view.from) / (view.to - view.from) * (plan.width - plan.left);
}
