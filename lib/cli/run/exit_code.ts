/**
 * The exit code of the process, decided in one place.
 *
 * Codes below 128 say how the run ended. 124 is the code of GNU `timeout`. A run that a signal has stopped ends with
 * 128 plus the number of the signal, as shells report such a program.
 *
 * The reason for a stop has priority over its effects: a run that `--halt` stopped has inputs that have not run, and
 * ends with 3. Missing outcomes have priority over failures: 4 means that `resume` has inputs to run, and 1 means that
 * every input has an outcome. Therefore 0 always means that every input has run and has succeeded.
 *
 * Two codes are decided elsewhere. `cli.ts` ends with 2 before anything is loaded, if the runtime is too old. A process
 * that SIGQUIT ends has 131.
 */

import { UserError } from "../user_error.ts";

export const ExitCode = {
  /** Every input has succeeded. */
  ok: 0,
  /** Every input has run, and some have failed. */
  failures: 1,
  /** Usage, configuration, module or input error. Nothing ran. */
  nothingRan: 2,
  /** `--halt` stopped the run. */
  halted: 3,
  /** Some inputs have not run, or results were lost. */
  incomplete: 4,
  /** `--deadline` stopped the run. */
  deadline: 124,
  SIGINT: 130,
  SIGTERM: 143,
} as const;

export type ExitCode = typeof ExitCode[keyof typeof ExitCode];

export type StoppedBy = "SIGINT" | "SIGTERM" | "halted" | "deadline";

export interface Ending {
  error?: unknown;
  stoppedBy?: StoppedBy;
  /** Whether inputs have not run, or results or reports were lost. Default: false. */
  isIncomplete?: boolean;
  /** Number of failed inputs, of earlier sessions included. Default: 0. */
  failed?: number;
}

export function exitCodeOf({ error, stoppedBy, isIncomplete = false, failed = 0 }: Ending): ExitCode {
  if (error instanceof UserError) return error.isLoss ? ExitCode.incomplete : ExitCode.nothingRan;
  // An error of polyloop itself: it is unknown which inputs have run.
  if (error !== undefined) return ExitCode.incomplete;
  if (stoppedBy !== undefined) return ExitCode[stoppedBy];
  if (isIncomplete) return ExitCode.incomplete;
  return failed > 0 ? ExitCode.failures : ExitCode.ok;
}
