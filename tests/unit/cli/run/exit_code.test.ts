/** The exit code, decided from how a command ended. */
import { expect, test } from "vitest";
import { type Ending, exitCodeOf } from "../../../../lib/cli/run/exit_code.ts";
import { UserError } from "../../../../lib/cli/user_error.ts";

test.each<[ending: string, Ending, code: number]>([
  ["every input succeeded", {}, 0],
  ["inputs failed", { failed: 2 }, 1],
  ["the user made a mistake", { error: new UserError("-j: expected a number") }, 2],
  ["--halt stopped it", { stoppedBy: "halted", failed: 3, isIncomplete: true }, 3],
  ["inputs have not run", { isIncomplete: true }, 4],
  ["inputs have not run and others failed", { isIncomplete: true, failed: 1 }, 4],
  ["the broker was lost", { error: new UserError("no broker", { isLoss: true }) }, 4],
  ["polyloop itself threw", { error: new TypeError("x is undefined") }, 4],
  ["the deadline passed", { stoppedBy: "deadline", isIncomplete: true }, 124],
  ["SIGINT stopped it", { stoppedBy: "SIGINT" }, 130],
  ["SIGTERM stopped it with inputs left", { stoppedBy: "SIGTERM", isIncomplete: true, failed: 1 }, 143],
])("%s", (_, ending, code) => expect(exitCodeOf(ending)).toBe(code));
