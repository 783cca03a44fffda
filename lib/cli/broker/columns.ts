/**
 * Fits a table to the width of the terminal. Long texts are cut first, then the least important columns are left out. No
 * line wraps.
 */

import { visibleLine } from "../progress/visible.ts";

export interface Column {
  head: string;
  cells: string[];
  /** Number of characters that a text is cut to; its beginning or its end is kept. Default: not cut. */
  cut?: { least: number; keep: "start" | "end" };
  /** Columns with the lowest rank are left out first. */
  rank: number;
}

const GAP = 2;

/** The lines of a table, none longer than `width`, unless even one column is. */
export function tableOf(columns: Column[], width: number): string[] {
  // Foreign text is cleaned before it is measured.
  let kept = columns.map((column) => ({ ...column, cells: column.cells.map(visibleLine) }));
  const leastOf = (column: Column) => Math.min(fullOf(column), column.cut?.least ?? Infinity);
  while (kept.length > 1 && sum(kept.map(leastOf)) > width) {
    const lowest = Math.min(...kept.map(({ rank }) => rank));
    kept = kept.filter(({ rank }) => rank !== lowest);
  }
  const widths = kept.map(fullOf);
  while (sum(widths) > width) {
    const longest = indexOfLongest(widths, kept.map(leastOf));
    if (longest === -1) break;
    widths[longest]--;
  }
  const rows = [
    kept.map(({ head }) => head),
    ...kept[0].cells.map((_, row) => kept.map(({ cells }) => cells[row])),
  ];
  return rows.map((row) =>
    row.map((cell, at) => cutTo(cell, widths[at], kept[at].cut?.keep).padEnd(widths[at])).join(
      " ".repeat(GAP),
    )
      .trimEnd()
  );
}

function fullOf({ head, cells }: Column): number {
  return Math.max(head.length, ...cells.map(({ length }) => length));
}

function sum(widths: number[]): number {
  return widths.reduce((sum, width) => sum + width, GAP * (widths.length - 1));
}

/** The index of the longest column that may be cut further; -1 if there is none. */
function indexOfLongest(widths: number[], least: number[]): number {
  return widths.reduce((found, width, at) => {
    return width > least[at] && (found === -1 || width > widths[found]) ? at : found;
  }, -1);
}

function cutTo(text: string, width: number, keep: "start" | "end" = "start"): string {
  if (text.length <= width) return text;
  return keep === "start" ? `${text.slice(0, width - 1)}…` : `…${text.slice(text.length - width + 1)}`;
}
