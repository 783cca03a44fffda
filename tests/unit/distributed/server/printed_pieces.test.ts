/** What bodies have printed, until it is sent. */

import { expect, test } from "vitest";
import { ATTEMPT_ENDED, type PrintedRecord } from "../../../../lib/distributed/broker/protocol.ts";
import { PrintedPieces } from "../../../../lib/distributed/server/printed_pieces.ts";

function setUp() {
  const sent: PrintedRecord["pieces"][] = [];
  return { sent, printed: new PrintedPieces(({ pieces }) => sent.push(pieces)) };
}

test("texts are sent together, with the ends of attempts between them, and soon", async () => {
  const { sent, printed } = setUp();
  printed.add([0, 1, 2, "stdout", "a"]);
  printed.add([0, 1, 2, "stdout", ATTEMPT_ENDED]);
  printed.add([0, 1, 2, "stderr", "b"]);
  expect(sent).toEqual([]);
  await expect.poll(() => sent.length).toBe(1);
  expect(sent[0].map(([, , , , text]) => text)).toEqual(["a", ATTEMPT_ENDED, "b"]);
  printed.send();
  expect(sent.length).toBe(1);
});

test("a long text is sent in pieces, and at once", () => {
  const { sent, printed } = setUp();
  printed.add([3, 1, 2, "stdout", "x".repeat(200_000)]);
  printed.send();
  expect(sent.map((pieces) => pieces.map(([index, , , , text]) => [index, text.length]))).toEqual([
    [[3, 65_536]],
    [[3, 65_536]],
    [[3, 65_536]],
    [[3, 200_000 - 3 * 65_536]],
  ]);
});
