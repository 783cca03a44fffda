/** What stops a run: --halt, --deadline, and what makes it impossible to go on. */
import { expect, test } from "vitest";
import { Stopping, type StoppingInit } from "../../../../lib/cli/run/stopping.ts";

/** A `Stopping`, and the lines that it has printed. */
function stoppingWith(
  options: StoppingInit["options"],
): { stopping: Stopping; lines: string[] } & Disposable {
  const lines: string[] = [];
  const stopping = new Stopping({
    options,
    host: { stats: () => ({ inFlight: 0 }) as never, farSlots: () => undefined },
    say: (line) => lines.push(line),
    beforeLeaving() {},
    lastResort: {
      mayBlock: false,
      restore: "",
      words: { busy: undefined, resume: undefined, json: false },
    },
  });
  return { stopping, lines, [Symbol.dispose]: () => stopping.end() };
}

test("--halt drains once as many inputs have failed", () => {
  using made = stoppingWith({ halt: { limit: 2, percent: false } });
  const { stopping, lines } = made;
  stopping.countFailures({ failed: 1, done: 1 });
  expect(stopping.drain.aborted).toBe(false);
  stopping.countFailures({ failed: 2, done: 9 });
  expect(stopping).toMatchObject({ stoppedBy: "halted", trouble: undefined });
  expect([stopping.drain.aborted, stopping.abort.aborted]).toEqual([true, false]);
  stopping.countFailures({ failed: 3, done: 9 });
  expect(lines).toEqual(["polyloop: --halt: 2 of 9 inputs failed; starting no more"]);
});

test("--halt in percent counts from the third failure on, or at the end", () => {
  using made = stoppingWith({ halt: { limit: 50, percent: true } });
  const { stopping } = made;
  stopping.countFailures({ failed: 2, done: 2 });
  stopping.countFailures({ failed: 3, done: 10 });
  expect(stopping.stoppedBy).toBeUndefined();
  stopping.countFailures({ failed: 2, done: 2 }, { atEnd: true });
  expect(stopping.stoppedBy).toBe("halted");
});

test("--deadline aborts", async () => {
  using made = stoppingWith({ deadline: 1 });
  const { stopping, lines } = made;
  await new Promise((resolve) => stopping.abort.addEventListener("abort", resolve));
  expect(stopping.stoppedBy).toBe("deadline");
  expect(lines).toEqual(["polyloop: the deadline of 1 ms has passed; aborting running tasks"]);
});

test("the first trouble is kept, and one without a line is a trouble too", () => {
  using made = stoppingWith({});
  const { stopping } = made;
  stopping.giveUp(undefined);
  stopping.giveUp("the disk is full");
  expect(stopping.trouble).toEqual({ line: undefined });
  expect([stopping.drain.aborted, stopping.abort.aborted]).toEqual([false, true]);
  expect(stopping.stoppedBy).toBeUndefined();
});
