/** The idle state of an executor. */
import { expect, test } from "vitest";
import { Idle } from "../../../../lib/executor/calls/idle.ts";

test("an executor becomes idle at the end of the first round without tasks", async () => {
  let reached = 0;
  const idle = new Idle(() => void reached++);
  idle.look(false);
  expect(reached).toBe(0);
  idle.look(true);
  const waits = [idle.wait(), idle.wait()];
  idle.look(true);
  expect(reached).toBe(0);
  idle.look(false);
  await Promise.all(waits);
  idle.look(false);
  expect(reached).toBe(1);
});
