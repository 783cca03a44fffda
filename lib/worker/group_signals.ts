/**
 * Ignores signals that reach every process of a group: Ctrl-C in a terminal, the end of a terminal, or a service
 * manager that stops a service.
 */

/** The part of `process` that is used here. */
const { process } = globalThis as unknown as {
  process: { platform: string; on(signal: string, listener: () => void): void };
};

/** Ignores these signals. The parent decides about the worker's tasks, and the worker ends when its parent has ended. */
export function leaveSignalsToParent(): void {
  const signals = ["SIGINT", "SIGHUP", "SIGTERM"];
  // Ctrl-Break.
  if (process.platform === "win32") signals.push("SIGBREAK");
  for (const signal of signals) process.on(signal, () => {});
}
