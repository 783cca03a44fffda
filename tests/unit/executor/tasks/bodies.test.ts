/** The count of bodies that outlive their tasks. */
import { expect, test } from "vitest";
import { Bodies } from "../../../../lib/executor/tasks/bodies.ts";

test("gone() resolves at once if no body is left, and else when the last has ended", async () => {
  const bodies = new Bodies();
  await bodies.gone();
  bodies.left();
  bodies.left();
  const events: string[] = [];
  const waits = [bodies.gone(), bodies.gone()].map((gone) => gone.then(() => events.push("gone")));
  bodies.ended();
  await Promise.resolve();
  events.push("one is left");
  bodies.ended();
  await Promise.all(waits);
  expect(events).toEqual(["one is left", "gone", "gone"]);
  await bodies.gone();
});
