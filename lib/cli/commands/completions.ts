/**
 * `polyloop completions SHELL`: prints the script by which a shell completes our commands and flags.
 *
 * @module
 */

import { bash } from "../completions/bash.ts";
import { fish } from "../completions/fish.ts";
import { completionModel } from "../completions/model.ts";
import type { Shell } from "../completions/shells.ts";
import { zsh } from "../completions/zsh.ts";
import { ExitCode } from "../exit_code.ts";
import { printText } from "../progress/terminal.ts";

const WRITERS = { bash, zsh, fish } satisfies Record<Shell, unknown>;

/** Prints its script. */
export function completions(shell: Shell): ExitCode {
  printText(WRITERS[shell](completionModel()));
  return ExitCode.ok;
}
