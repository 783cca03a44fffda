/** The commands. `flags/args.ts` makes one of argv, and `main.ts` runs it. */

import type { InitOptions } from "./commands/init.ts";
import type { ResumeOptions } from "./commands/resume.ts";
import type { Shell } from "./flags/commands.ts";
import type { BenchOptions, RunOptions, TopOptions, WorkerOptions } from "./flags/options.ts";

export type Command =
  /** The options are made of `flags`. */
  | { kind: "run"; options: RunOptions; flags: Record<string, unknown> }
  | { kind: "resume"; options: ResumeOptions }
  | { kind: "status"; journal: string; json: boolean; report: string | undefined }
  | { kind: "bench"; options: RunOptions; flags: Record<string, unknown>; bench: BenchOptions }
  | { kind: "worker"; options: RunOptions; flags: Record<string, unknown>; worker: WorkerOptions }
  | { kind: "top"; options: TopOptions }
  | { kind: "init"; options: InitOptions }
  | { kind: "completions"; shell: Shell }
  | { kind: "topic"; topic: string }
  | { kind: "man" }
  /** `asked` is false if the user has not asked for help, but given no command. */
  | { kind: "help"; text: string; asked: boolean }
  | { kind: "version" };
