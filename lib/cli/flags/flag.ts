/**
 * What is known of one flag. The files beside this one declare every flag once, and `../table.ts` has them all.
 *
 * @module
 */

import type { z } from "npm:zod@4.6.7";
import type { CommandName } from "./commands.ts";
import type { Topic } from "./help_topics.ts";
import { yes } from "./values.ts";

/** Facts of a flag. */
export interface Flag<V extends z.ZodType = z.ZodType> {
  /** How the help writes it: `-j, --workers <N>`, or `--schema [EXPORT]` if the value is optional and follows `=`. */
  usage: string;
  /** What kind of value it takes. It knows whether the value is a path. */
  value: V;
  /** What it does, in one line. */
  help: string;
  /** Further sentences, for `polyloop help TOPIC` and the man page. */
  more?: string;
  /** The topic that lists it. */
  topic?: Topic;
  /** The default as the help shows it. */
  default?: string;
  /** The value that options have where nobody gives one, as it would be written. */
  filled?: string | boolean;
  /** The commands that have it. `resume` replaces the run's own value by it. */
  in: readonly CommandName[];
  /** The commands that take it from a config. By default, if `run` has it: all that have it and read a config. */
  config: readonly CommandName[];
  /** What the negated flag does, as in `--no-config`. Its value is false. */
  negated?: string;
  /** The value that the flag alone stands for, where its value is optional. */
  bare?: string;
  /** Whether it may be given several times. */
  isRepeatable?: boolean;
  /** Over a broker, the run refuses it and says this, or `polyloop worker` has it instead. By default it works. */
  broker?: { refused: string } | "worker";
  /** The config that was only found may not set it: it names a broker, or its value grants permissions. */
  found?: "broker" | ((value: unknown) => boolean);
  /** Whether it belongs to one session: a journal does not keep it. */
  isOfSession?: boolean;
  /** Whether a value has to be one of its words before anything else is looked at. */
  isStrict?: boolean;
  /** The version that brought it, if that is not the first. */
  since?: string;
}

/** The commands that read a config. */
export const CONFIG_READERS = ["run", "bench", "worker"] as const satisfies CommandName[];

type Details = Partial<Omit<Flag, "usage" | "value" | "help">>;

/** A flag with the types of what was declared: they are those of the options. */
type Declared<V extends z.ZodType, D extends Details> =
  & Flag<V>
  & D
  & (D extends { in: unknown } ? unknown : { in: readonly ["run"] });

/** A flag with a value. By default, `polyloop run` alone has it. */
export function flag<V extends z.ZodType, const D extends Details>(
  usage: string,
  value: V,
  help: string,
  details: D = {} as D,
): Declared<V, D> {
  const commands = details.in ?? ["run"];
  const config = CONFIG_READERS.filter((command) => commands.includes("run") && commands.includes(command));
  return { usage, value, help, in: commands, config, ...details } as Declared<V, D>;
}

/** A flag without a value, which is false where nobody gives it. */
export function toggle<const D extends Details>(usage: string, help: string, details: D = {} as D) {
  return flag(usage, yes(), help, { filled: false, ...details } as D & { filled: false });
}
