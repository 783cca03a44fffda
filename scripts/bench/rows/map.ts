import { fileURLToPath } from "node:url";
import { run } from "../child.ts";
import { bareRate, nearBare, overBestPeer, peerRates, rate, told } from "../contest.ts";
import { inTurns, type Measures, ratios, spread } from "../figures.ts";
import { onEach } from "../on_each.ts";
import type { RateOptions } from "../programs/rate.ts";
import type { Bench, Finding, Row } from "../row.ts";
import type { Runtime } from "../runtimes.ts";

/** One call for two million numbers, compared with one such call of each peer, and with Python's `imap`. */
export const map: Row = {
  id: "2",
  title: "map() of an async identity over numbers",
  measure: async (bench) => {
    const python = await hasPython();
    return await onEach(bench, (runtime) => measure(bench, runtime, python));
  },
};

async function measure(bench: Bench, runtime: Runtime, python: boolean): Promise<Finding[]> {
  const count = bench.size(2_000_000, 1_000);
  const ours = (call: RateOptions["call"]) => () =>
    rate(runtime, {
      pool: "polyloop",
      task: "identity",
      call,
      inputs: "numbers",
      count,
      warmup: bench.size(100_000, 100),
    });
  const imap = fileURLToPath(new URL("../peers/imap.py", import.meta.url));
  const theirs: Measures = python
    ? { imap: async () => Number((await run(["python3", imap, `${count}`])).stdout) }
    : {};
  const figures: Record<string, number[]> = await inTurns(bench.rounds, {
    "toArray()": ours("map"),
    "for await": ours("for await"),
    bare: () => bareRate(runtime, { of: "numbers", count, warmup: bench.size(100_000, 100) }),
    ...theirs,
    ...peerRates(bench, runtime, "identity"),
  });
  const overImap = (name: string) => ({ unit: "×", ...spread(ratios(figures[name], figures.imap)) } as const);
  return [
    {
      measure: "map().toArray() / best peer's run()",
      target: { atLeast: 30 },
      ...overBestPeer(figures, "toArray()"),
      details: [told(runtime, figures)],
    },
    { measure: "for await of map() / best peer's run()", ...overBestPeer(figures, "for await") },
    {
      measure: "map().toArray() / bare workers that call it for batches of 256",
      ...nearBare(figures["toArray()"], figures.bare),
    },
    python
      ? { measure: "map().toArray() / Python imap", target: { atLeast: 1 }, ...overImap("toArray()") }
      : { measure: "map().toArray() / Python imap", missing: "there is no python3" },
  ];
}

async function hasPython(): Promise<boolean> {
  return await run(["python3", "--version"]).then(() => true, () => false);
}
