/**
 * Runs many random histories on each isolation (see `history.ts`).
 *
 *     deno run -A scripts/chaos/histories.ts --histories 1000 --seed 1
 */

import { parseArgs } from "node:util";
import type { Isolation } from "../../mod.ts";
import { history } from "./history.ts";

/** Number of histories that run at once, because they mostly wait. */
const AT_ONCE = 8;

const { values } = parseArgs({
  options: {
    isolation: { type: "string" },
    histories: { type: "string", default: "1000" },
    seed: { type: "string", default: "1" },
  },
});
const isolations: Isolation[] = ["none", "thread", "process"];
for (const isolation of values.isolation ? [values.isolation as Isolation] : isolations) {
  const first = Number(values.seed);
  const last = first + Number(values.histories);
  let next = first;
  let steps = 0;
  const one = async () => {
    while (next < last) steps += (await history(isolation, next++)).length;
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  console.log(
    `${isolation}: ${last - first} histories of ${steps} calls in all: everything settled, nothing runs`,
  );
}
