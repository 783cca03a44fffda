/**
 * What a row of the benchmark is, and what it finds. Every file of `rows/` exports one.
 *
 * @module
 */

import type { Runtime } from "./runtimes.ts";

/** One claim about speed, or a figure that is only shown. */
export interface Row {
  /** How `--row` names it. */
  id: string;
  title: string;
  measure(bench: Bench): Promise<Finding[]>;
}

/** How much is measured, and on what. */
export interface Bench {
  smoke: boolean;
  rounds: number;
  /** Deno, and Node if it could be had. */
  runtimes: Runtime[];
  /** A folder for files, which goes away in the end. */
  folder: string;
  /** The first, or with `--smoke` the second. */
  size<T>(full: T, tiny: T): T;
}

/** What is demanded of a figure. */
export type Target = { atLeast: number } | { atMost: number };

/** One line of the table. */
export type Finding = Measured | Missing;

/** A figure. */
export interface Measured {
  measure: string;
  target?: Target;
  /** `×` is a ratio to something that was measured in the same run. */
  unit: "×" | "ms" | "MB" | "bytes" | "%";
  /** The median of the rounds. */
  value: number;
  /** The least and the most of all rounds. */
  min: number;
  max: number;
  /** What it was made of, in words: shown below the table. */
  details?: string[];
}

/** No figure, and why. */
export interface Missing {
  measure: string;
  missing: string;
  /** Whether it should have been there: something went wrong. */
  broke?: boolean;
}

/** What a finding is worth. */
export type Verdict = "pass" | "short" | "shown" | "missing";

/** Holds a finding against its target. */
export function verdict(finding: Finding): Verdict {
  if ("missing" in finding) return "missing";
  const { target, value } = finding;
  if (!target) return "shown";
  const reached = "atLeast" in target ? value >= target.atLeast : value <= target.atMost;
  return reached ? "pass" : "short";
}
