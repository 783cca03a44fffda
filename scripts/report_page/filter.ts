/// <reference lib="dom" />
/**
 * The filter of a report: by text, outcome and kind of error. It selects listed inputs, and bars of the timeline.
 */

import { FAILED, TRIED_AGAIN } from "../../lib/cli/report/recording/bar_marks.ts";
import type { ReportData } from "../../lib/cli/report/report_data.ts";
import type { BarColumns } from "./bars.ts";

/** The outcomes that can be chosen. */
export const OUTCOMES = ["all", "ok", "failed", "retried"] as const;

/** What is looked for. */
export interface Wanted {
  text: string;
  outcome: typeof OUTCOMES[number];
  /** The number of a kind of errors; 0 for all. */
  kind: number;
}

/** What a filter selects. */
export interface Selected {
  /** The places of listed inputs, the slowest first. */
  rows: number[];
  /** For each bar, 1 if it is selected; undefined if all are. */
  bars: Uint8Array | undefined;
}

/** Finds what is wanted in one report. */
export class Filter {
  wanted: Wanted = { text: "", outcome: "all", kind: 0 };
  readonly #data: ReportData;
  readonly #bars: BarColumns;
  readonly #listeners: ((selected: Selected) => void)[] = [];
  /** The inputs with an attempt that another one followed. */
  readonly #retried = new Set<number>();
  /** The places of all listed inputs, the slowest first. */
  readonly #order: number[];

  constructor(data: ReportData, bars: BarColumns) {
    this.#data = data;
    this.#bars = bars;
    for (let at = 0; at < bars.count; at++) {
      if (bars.failed[at] === TRIED_AGAIN) this.#retried.add(bars.index[at]);
    }
    const { rows } = data.inputs;
    this.#order = rows.map((_, at) => at).sort((one, other) => rows[other][3] - rows[one][3]);
  }

  /** Calls `listener` at each change. */
  onChange(listener: (selected: Selected) => void): void {
    this.#listeners.push(listener);
  }

  /** Changes what is wanted. */
  set(change: Partial<Wanted>): void {
    this.wanted = { ...this.wanted, ...change };
    const selected = this.select();
    for (const listener of this.#listeners) listener(selected);
  }

  /** What is selected now. */
  select(): Selected {
    const { text, outcome, kind } = this.wanted;
    const rows = this.#order.filter(this.#rowTest());
    if (text.trim() === "" && outcome === "all" && kind === 0) return { rows, bars: undefined };
    const { count, index, failed, kind: kinds } = this.#bars;
    const found = text.trim() === ""
      ? undefined
      : new Set(rows.map((at) => index[this.#data.inputs.rows[at][6]]));
    const bars = new Uint8Array(count);
    for (let at = 0; at < count; at++) {
      const isOutcome = outcome === "all" || outcome === "ok" && failed[at] === 0 ||
        outcome === "failed" && failed[at] === FAILED ||
        outcome === "retried" && this.#retried.has(index[at]);
      bars[at] = isOutcome && (kind === 0 || kinds[at] === kind) && (!found || found.has(index[at])) ? 1 : 0;
    }
    return { rows, bars };
  }

  #rowTest(): (at: number) => boolean {
    const { outcome, kind } = this.wanted;
    const text = this.wanted.text.trim().toLowerCase();
    const { inputs: { rows }, kinds } = this.#data;
    const withKind = new Set<number>();
    if (kind > 0) {
      for (let at = 0; at < this.#bars.count; at++) {
        if (this.#bars.kind[at] === kind) withKind.add(this.#bars.index[at]);
      }
    }
    const says = kinds.map(({ name, message }) => `${name}: ${message}`.toLowerCase().includes(text));
    return (at) => {
      const [line, input, ok, , attempts, own, bar] = rows[at];
      if (outcome === "ok" && !ok || outcome === "failed" && ok || outcome === "retried" && attempts < 2) {
        return false;
      }
      if (kind > 0 && own !== kind && !withKind.has(this.#bars.index[bar])) return false;
      return text === "" || input.toLowerCase().includes(text) || text === String(line) ||
        own > 0 && says[own - 1];
    };
  }
}
