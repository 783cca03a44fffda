/** Reads the first inputs of a run once more, to compare inputs with them that tasks have handed in. */

import type { Lines } from "../../wire/lines.ts";
import { plural } from "../progress/format.ts";
import { UserError } from "../user_error.ts";
import { isOnceOnly, isStdin } from "./files/once_only.ts";
import { LineSource } from "./line_source.ts";
import { type InputOptions, openRunInput } from "./run_input.ts";

/** The first `count` inputs. @throws {UserError} if the input can be read only once */
export async function* readAgain(options: InputOptions, count: number): AsyncGenerator<Lines> {
  const once = options.args ? undefined : options.input.find((path) => isStdin(path) || isOnceOnly(path));
  if (once !== undefined) {
    throw new UserError(
      `a task called context.add() for the first time after ${plural(count, "input")} of ${
        isStdin(once) ? "stdin" : once
      }, which cannot be read again to find inputs that are there already. Give the inputs as a file (-i FILE), or use --revisit`,
    );
  }
  const input = await openRunInput(options);
  // Without a name, a splitter prints no notes for the user a second time.
  const format = { ...input.format, splitter: () => input.format.splitter() };
  const source = new LineSource({ ...input, format });
  try {
    while (!source.ended && source.pulled < count) {
      const lines = source.take();
      if (!lines) {
        await source.read();
        if (source.failure) throw source.failure;
        continue;
      }
      const tooMany = Math.max(0, source.pulled - count);
      yield tooMany === 0 ? lines : lines.slice(0, lines.length - tooMany);
      source.settle(source.pulled - lines.length, lines.length);
    }
  } finally {
    input.close();
  }
}
