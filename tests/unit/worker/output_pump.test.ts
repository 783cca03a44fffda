import { describe, expect, test } from "vitest";
import { outputsOf, ROOM, unitsOf } from "../../../lib/wire/many.ts";
import { OutputPump } from "../../../lib/worker/output_pump.ts";

interface Case {
  held: number;
  /** Undefined: outputs are values. */
  encode?: (value: unknown) => unknown;
  /** Whether outputs leave at once. */
  leaves?: () => boolean;
}

/** A pump, and a caller that refuses outputs for which it has no room. */
function pumping({ held, encode, leaves = () => false }: Case) {
  const kind = encode ? "text" : "value";
  const sent: unknown[] = [];
  let room: number = ROOM[kind];
  const unacknowledged: number[] = [];
  const state = { waits: 0, aborted: false };
  const pump = new OutputPump({
    each: { held },
    encode,
    next: (generator) => generator.next(),
    turn: { every: Infinity, give: () => new Promise((resolve) => setTimeout(resolve)) },
    send(outputs) {
      if (room <= 0) throw new Error(`sent ${JSON.stringify(outputs).slice(0, 40)} without room`);
      const units = unitsOf({ output: encode ? "json" : "value" }, outputs)!;
      room -= units;
      unacknowledged.push(units);
      sent.push(...(typeof outputs === "string" ? outputsOf(outputs) : outputs as unknown[]));
    },
    leavesAtOnce: leaves,
    isAborted: () => state.aborted,
    waits: () => {
      state.waits++;
      return () => {};
    },
  });
  const grant = () => {
    const units = unacknowledged.shift();
    if (units === undefined) return false;
    room += units;
    pump.room.grant(units);
    return true;
  };
  return { pump, sent, state, grant, room: () => room };
}

async function* slowly(most: number) {
  for (let n = 0; n < most; n++) {
    if (n % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
    yield n;
  }
}

function* quickly(most: number) {
  for (let n = 0; n < most; n++) yield n;
}

/** Grants what was sent until the pump has ended. */
async function ended(run: Promise<unknown>, grant: () => boolean): Promise<unknown> {
  let isOver = false;
  run.finally(() => isOver = true).catch(() => {});
  for (let turn = 1; !isOver; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    // Seldom, so that there is mostly no room.
    if (turn % 30 === 0) { while (grant()); }
  }
  return await run;
}

describe("an output pump", () => {
  let turn = 0;
  test.each([
    ["values as they come", { held: 0 }, 500],
    ["values that sometimes leave at once", { held: 0, leaves: () => ++turn % 5 === 0 }, 500],
    ["texts as they come", { held: 0, encode: (n) => `${n}`.padEnd(4_000, ".") }, 500],
    [
      "texts that sometimes leave at once",
      { held: 0, encode: String, leaves: () => ++turn % 5 === 0 },
      1_000,
    ],
    ["long texts that are held at first", { held: 9_000, encode: (n) => `${n}`.padEnd(9_001, ".") }, 300],
  ] as [string, Case, number][])("never sends more than the caller has room for: %s", async (_, of, most) => {
    for (const source of [slowly, quickly]) {
      const { pump, sent, grant, room } = pumping(of);
      const rest = await ended(pump.run(source(most)), grant);
      const all = [...sent, ...(typeof rest === "string" ? outputsOf(rest) : rest as unknown[])];
      expect(all).toEqual(Array.from({ length: most }, (_, n) => of.encode ? of.encode(n) : n));
      while (grant());
      expect(room()).toBe(of.encode ? ROOM.text : ROOM.value);
    }
  });

  test("waits without room, and goes on once there is some", async () => {
    const { pump, sent, state, grant } = pumping({ held: 0, leaves: () => true });
    const run = pump.run(quickly(100));
    await new Promise((resolve) => setTimeout(resolve));
    expect([sent.length, state.waits]).toEqual([ROOM.value, 1]);
    expect(await ended(run, grant)).toEqual([]);
    expect(sent).toHaveLength(100);
  });

  test("holds outputs until the body has ended, or until there are more than it may hold", async () => {
    const held = pumping({ held: Infinity, encode: String });
    expect(await held.pump.run(quickly(3))).toBe("\n0\n1\n2\n");
    const few = pumping({ held: 100, encode: String });
    expect(await few.pump.run(quickly(50))).toBe(`\n${Array.from(quickly(50), (n) => `${n}\n`).join("")}`);
    expect([held.sent, few.sent]).toEqual([[], []]);
  });

  test("sends what it may not hold before the body's failure, and nothing of what it holds", async () => {
    function* failing() {
      yield 1;
      throw new RangeError("no second");
    }
    for (const [held, sent] of [[0, ["1"]], [100, []], [Infinity, []]] as const) {
      const pumped = pumping({ held, encode: String });
      await expect(pumped.pump.run(failing())).rejects.toThrow("no second");
      expect(pumped.sent).toEqual(sent);
    }
  });

  test("closes the generator when it is stopped, also while it waits", async () => {
    let closed = 0;
    function* endless() {
      try {
        for (;;) yield 1;
      } finally {
        closed++;
      }
    }
    const { pump } = pumping({ held: 0 });
    const run = pump.run(endless());
    pump.room.stop();
    await run;
    const failing = pumping({ held: 0 });
    const failed = failing.pump.run(endless());
    failing.pump.room.fail(new Error("cannot be sent"));
    await expect(failed).rejects.toThrow("cannot be sent");
    expect(closed).toBe(2);
  });
});
