/**
 * The labels of workers, and the pools that they make: workers with the same labels are one pool, and share BullMQ's queues. The pool of
 * workers without labels has the empty name.
 */

import { checkName } from "./names.ts";

/**
 * Returns labels in order, each once.
 *
 * @throws {RangeError} if a label is no name
 */
export function labelsOf(option: "label" | "on", labels: string | readonly string[] = []): string[] {
  const all = typeof labels === "string" ? [labels] : labels;
  if (!Array.isArray(all)) {
    throw new TypeError(`${option} must be a text or a list of texts, got ${typeof labels}`);
  }
  return [...new Set(all.map((label) => checkName(option, label)))].sort();
}

/** Returns the name of the pool of workers with these labels, which are in order. */
export function poolOf(labels: readonly string[] = []): string {
  return labels.join("+");
}

/** Whether a worker with these labels serves a run that needs the labels `on`: all of them. */
export function serves(labels: readonly string[] = [], on: readonly string[] = []): boolean {
  return on.every((label) => labels.includes(label));
}

/** Returns labels as messages name them: `the label gpu`, `the labels big and gpu`. */
export function named(labels: readonly string[]): string {
  return labels.length === 1 ? `the label ${labels[0]}` : `the labels ${labels.join(" and ")}`;
}
