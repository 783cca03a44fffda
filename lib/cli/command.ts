/**
 * What a command line can come to. `args.ts` makes one of these, `main.ts` does it.
 *
 * @module
 */

import type { InitOptions } from "./commands/init.ts";
import type { ResumeOptions } from "./commands/resume.ts";
import type { Shell } from "./flags/completions/shells.ts";
import type { BenchOptions, RunOptions, TopOptions, WorkerOptions } from "./flags/options.ts";

/** What the user wants. */
export type Command =
  /** `flags` is what the options were made of. */
  | { kind: "run"; options: RunOptions; flags: Record<string, unknown> }
  | { kind: "resume"; options: ResumeOptions }
  | { kind: "status"; journal: string; json: boolean; report: string | undefined }
  | { kind: "bench"; options: RunOptions; flags: Record<string, unknown>; bench: BenchOptions }
  | { kind: "worker"; options: RunOptions; flags: Record<string, unknown>; worker: WorkerOptions }
  | { kind: "top"; options: TopOptions }
  | { kind: "init"; options: InitOptions }
  | { kind: "completions"; shell: Shell }
  | { kind: "topic"; topic: string }
  /** `asked` is false where help is all that can be said: it is then an error. */
  | { kind: "help"; text: string; asked: boolean }
  | { kind: "version" }
  | { kind: "usageError"; message: string };
