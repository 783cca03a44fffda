/**
 * Keeps a task's own output away from stdout, where the command line writes results.
 *
 * @module
 */

/** The parts of `process` that matter here. */
interface ProcessLike {
  stdout?: { write: unknown };
  stderr?: { write: (...chunk: never[]) => boolean };
}

/** Sends what `console` and `process.stdout` would write to stdout to stderr instead, in this realm. */
export function sendConsoleToStderr(): void {
  const { console } = globalThis;
  console.log = console.info = console.debug = console.error;
  console.dir = (value: unknown) => console.error(value);
  console.dirxml = (...values: unknown[]) => console.error(...values);
  redirectReporting(console);
  const process = (globalThis as { process?: ProcessLike }).process;
  if (!process?.stdout || !process.stderr) return;
  const { stderr } = process;
  process.stdout.write = (...chunk: never[]) => stderr.write(...chunk);
}

/** `table`, `count`, `timeEnd` and the like print by ways of their own; these print the same by `error`. */
function redirectReporting(console: Console): void {
  const counts = new Map<string, number>();
  const timers = new Map<string, number>();
  console.table = (rows: unknown) => console.error(rows);
  console.group = console.groupCollapsed = (...label: unknown[]) => {
    if (label.length > 0) console.error(...label);
  };
  console.groupEnd = () => {};
  console.count = (label = "default") => {
    counts.set(label, (counts.get(label) ?? 0) + 1);
    console.error(`${label}: ${counts.get(label)}`);
  };
  console.countReset = (label = "default") => void counts.delete(label);
  console.time = (label = "default") => void timers.set(label, performance.now());
  const elapsed = (label: string) =>
    `${label}: ${Math.round(performance.now() - (timers.get(label) ?? performance.now()))}ms`;
  console.timeLog = (label = "default", ...more: unknown[]) => console.error(elapsed(label), ...more);
  console.timeEnd = (label = "default") => {
    console.error(elapsed(label));
    timers.delete(label);
  };
}
