/**
 * Signals that reach every process of a group: Ctrl-C in a terminal, a terminal that goes, a service manager that stops
 * a service.
 *
 * @module
 */

/** The part of `process` that matters here. */
const { process } = globalThis as unknown as { process: { on(signal: string, listener: () => void): void } };

/** Ignores these signals: the parent decides what happens to the worker's tasks, and without a parent the worker ends anyway. */
export function leaveSignalsToParent(): void {
  for (const signal of ["SIGINT", "SIGHUP", "SIGTERM"]) process.on(signal, () => {});
}
