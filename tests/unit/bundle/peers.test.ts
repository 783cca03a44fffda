/** How the npm package finds BullMQ and ioredis. */
import { expect, test } from "vitest";
import * as bullmq from "../../../lib/distributed/broker/bullmq.ts";
import { peersSource } from "../../../scripts/bundle/peers.ts";
import { isDeno } from "../../program.ts";

// The scripts are for Deno alone.
test.skipIf(!isDeno)("the module that takes the place of bullmq.ts exports the same", async () => {
  const source = await peersSource(new URL("../../../", import.meta.url));
  const [, exported] = /^export const (\[.*\]) = packages;$/m.exec(source)!;
  expect(exported.match(/\w+/g)?.toSorted()).toEqual(Object.keys(bullmq).toSorted());
});
