/** Formats findings as the table for people. */

import { human } from "./figures.ts";
import { type Finding, type Measured, type Target, verdict } from "./row.ts";

/** The units of figures without fractions. */
const COUNTS: Measured["unit"][] = ["requests", "packages", "warnings"];

/** The findings of a row. */
export interface Found {
  id: string;
  title: string;
  findings: Finding[];
}

/** Returns the lines of a row in the table. With `--smoke`, nothing is judged. */
export function lines({ id, findings }: Found, smoke: boolean): string[][] {
  return findings.map((finding) => cells(id, finding, smoke));
}

/** Returns a table in Markdown. */
export function aligned(lines: string[][]): string {
  const all = [["row", "measure", "target", "measured", ""], ...lines];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...all.map((row) => row[column].length), 3));
  const line = (row: string[]) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [line(all[0]), rule, ...all.slice(1).map(line)].join("\n");
}

/** Returns a finding in one line, which is printed at once. */
export function summary(finding: Finding, smoke: boolean): string {
  return cells("", finding, smoke).filter((cell) => cell !== "").join("  ");
}

function cells(id: string, finding: Finding, smoke: boolean): string[] {
  if ("missing" in finding) return [id, finding.measure, "", finding.missing, "missing"];
  const judged = smoke || !finding.target ? "" : verdict(finding);
  return [id, finding.measure, demand(finding), measured(finding), judged];
}

function demand({ target, unit }: Measured): string {
  return target ? bound(target) + suffix(unit) : "";
}

function bound(target: Target): string {
  return "atLeast" in target ? `≥ ${target.atLeast}` : `≤ ${target.atMost}`;
}

/** Returns the median, with the minimum and the maximum if they differ much. */
function measured({ value, min, max, unit }: Measured): string {
  const apart = max - min > 0.1 * Math.abs(value);
  const text = COUNTS.includes(unit) ? String : human;
  return text(value) + suffix(unit) + (apart ? ` (${text(min)}–${text(max)})` : "");
}

function suffix(unit: Measured["unit"]): string {
  return unit === "×" ? "×" : ` ${unit}`;
}

/** Returns the title of a row, and the figures from which its lines were computed. */
export function details({ id, title, findings }: Found, measuredOn: string[] = []): string {
  const figures = findings.flatMap((finding) => "missing" in finding ? [] : finding.details ?? []);
  return [`${id}. ${title}`, ...[...measuredOn, ...figures].map((line) => `  ${line}`)].join("\n");
}
