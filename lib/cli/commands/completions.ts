/** `polyloop completions SHELL`: prints the script with which a shell completes polyloop's commands and flags. */

import { bash } from "../flags/completions/bash.ts";
import { fish } from "../flags/completions/fish.ts";
import { completionModel } from "../flags/completions/model.ts";
import { powershell } from "../flags/completions/powershell.ts";
import type { Shell } from "../flags/commands.ts";
import { zsh } from "../flags/completions/zsh.ts";
import { ExitCode } from "../run/exit_code.ts";
import { printText } from "../progress/terminal.ts";

const WRITERS = { bash, zsh, fish, powershell } satisfies Record<Shell, unknown>;

export function completions(shell: Shell): ExitCode {
  printText(WRITERS[shell](completionModel()));
  return ExitCode.ok;
}
