/** The types of a row of the benchmark and of its findings. Every file of `rows/` exports a row. */

import type { Runtime } from "./runtimes.ts";

/** One claim about speed, or a figure without a target. */
export interface Row {
  /** Its name for `--row`. */
  id: string;
  title: string;
  measure(bench: Bench): Promise<Finding[]>;
}

/** The extent of a measurement, and the runtimes. */
export interface Bench {
  smoke: boolean;
  rounds: number;
  /** Deno, and Node if it is available. */
  runtimes: Runtime[];
  /** A folder for files, which is removed at the end. */
  folder: string;
  /** Returns `full`, or `tiny` with `--smoke`. */
  size<T>(full: T, tiny: T): T;
}

/** The required limit of a figure. */
export type Target = { atLeast: number } | { atMost: number };

/** One line of the table. */
export type Finding = Measured | Missing;

/** A measured figure. */
export interface Measured {
  measure: string;
  target?: Target;
  /** `×` is a ratio to a figure of the same run. */
  unit: "×" | "ms" | "MB" | "bytes" | "%" | "requests" | "packages" | "warnings";
  /** The median of the rounds. */
  value: number;
  /** The minimum and the maximum of all rounds. */
  min: number;
  max: number;
  /** The figures from which it was computed, as lines below the table. */
  details?: string[];
}

/** A missing figure, and the reason. */
export interface Missing {
  measure: string;
  missing: string;
  /** Whether an error caused this. */
  broke?: boolean;
}

/** The result of comparing a finding with its target. */
export type Verdict = "pass" | "short" | "shown" | "missing";

/** Compares a finding with its target. */
export function verdict(finding: Finding): Verdict {
  if ("missing" in finding) return "missing";
  const { target, value } = finding;
  if (!target) return "shown";
  const reached = "atLeast" in target ? value >= target.atLeast : value <= target.atMost;
  return reached ? "pass" : "short";
}
