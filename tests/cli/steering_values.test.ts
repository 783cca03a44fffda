/** The values of the flags that steer a run. */
import { describe, expect, test } from "vitest";
import { checkRunOptions } from "../../lib/cli/options.ts";
import { parseRate } from "../../lib/cli/steering/values.ts";

/** What is wrong with a value of a flag. */
function refusal(flags: Record<string, unknown>): string {
  const checked = checkRunOptions({ module: "t.ts", ...flags });
  return checked.ok ? "" : checked.message;
}

describe("--rate", () => {
  test.each([["100/s", 100, 1_000], ["10/m", 10, 60_000], ["0.5/h", 0.5, 3_600_000]])(
    "%s is %d in %d ms",
    (text, tasks, perMs) => expect(parseRate(text)).toEqual({ tasks, perMs }),
  );

  test.each(["100", "0/s", "x/s", "1/d", "-1/s", "1/ms", "0.001/h", "", " 1/s"])("%j is refused", (rate) => {
    expect(refusal({ rate })).toBe(
      `--rate: expected starts per time such as 100/s, 10/m or 500/h, got ${JSON.stringify(rate)}`,
    );
  });
});
