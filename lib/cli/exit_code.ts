/**
 * What the process ends with. Every command returns one of these to `main.ts`.
 *
 * @module
 */

/** The exit codes by meaning. */
export const ExitCode = {
  /** Every input ended well. Never while an input has not run. */
  ok: 0,
  /** Some inputs failed for good. */
  failures: 1,
  /** Usage, configuration, module or input error; nothing ran. */
  nothingRan: 2,
  /** So many failed that `--halt` stopped the run. */
  halted: 3,
  /** Some inputs have not run, or results were lost. */
  incomplete: 4,
  /** `--deadline` came before the end. */
  deadline: 124,
  SIGINT: 130,
  SIGTERM: 143,
} as const;

/** One of the exit codes. */
export type ExitCode = typeof ExitCode[keyof typeof ExitCode];
