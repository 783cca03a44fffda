/** The type of a flag. The files of `declared/` declare each flag once, and `table.ts` has all of them. */

import type { CommandName } from "./commands.ts";
import type { Topic } from "./help_topics.ts";
import type { Kind } from "./values/kind.ts";
import { yes } from "./values/texts.ts";

export interface Flag<V extends Kind = Kind> {
  /** Its form in the help: `-j, --workers <N>`, or `--schema [EXPORT]` if the value is optional and follows `=`. */
  usage: string;
  /** The kind of its value, which also says whether the value is a path. */
  value: V;
  help: string;
  /** Further sentences, for `polyloop help TOPIC` and the man page. */
  more?: string;
  topic?: Topic;
  /** The default as the help shows it. */
  default?: string;
  /** The default value as it would be written on the command line. */
  filled?: string | boolean;
  /** The commands that have it. On `resume`, it replaces the run's own value. */
  in: readonly CommandName[];
  /** The commands that take it from a config. Default: if `run` has it, all its commands that read a config. */
  config: readonly CommandName[];
  /** The help of the negated flag, as in `--no-config`. Its value is false. */
  negated?: string;
  /** The value of the flag without a value, if the value is optional. */
  bare?: string;
  isRepeatable?: boolean;
  /**
   * Why a run over a broker refuses it (with `when`: some of its values), or `"worker"` if `polyloop worker` has it instead. Default: it works over a
   * broker.
   */
  broker?: { refused: string; when?: (value: unknown) => boolean } | "worker";
  /** Set if a config that was only found may not set it: because it names a broker, or its value grants permissions. */
  found?: "broker" | ((value: unknown) => boolean);
  /** Whether it applies to one session only, so that a journal does not keep it. */
  isOfSession?: boolean;
  /** Whether its value must be one of its words before any other argument is checked. */
  isStrict?: boolean;
  /** The version that introduced it, if not the first. */
  since?: string;
}

export const CONFIG_READERS = ["run", "bench", "worker"] as const satisfies CommandName[];

type Details = Partial<Omit<Flag, "usage" | "value" | "help">>;

type Declared<V extends Kind, D extends Details> =
  & Flag<V>
  & D
  & (D extends { in: unknown } ? unknown : { in: readonly ["run"] });

/** Declares a flag with a value. By default, only `polyloop run` has it. */
export function flag<V extends Kind, const D extends Details>(
  usage: string,
  value: V,
  help: string,
  details: D = {} as D,
): Declared<V, D> {
  const commands = details.in ?? ["run"];
  const config = CONFIG_READERS.filter((command) => commands.includes("run") && commands.includes(command));
  return { usage, value, help, in: commands, config, ...details } as Declared<V, D>;
}

/** Declares a flag without a value. Default: false. */
export function toggle<const D extends Details>(usage: string, help: string, details: D = {} as D) {
  return flag(usage, yes(), help, { filled: false, ...details } as D & { filled: false });
}
