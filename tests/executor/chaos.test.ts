/** Conformance: a random mix of everything that can go wrong, from a seed. Every task settles exactly once. */
import { expect, test } from "vitest";
import { conformance } from "./backends.ts";

/** Random numbers below 1 from a seed: a linear congruential generator, with Knuth's MMIX constants. */
function randomFrom(seed: number): () => number {
  let state = BigInt(seed);
  return () => {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
    return Number(state >> 40n) / 2 ** 24;
  };
}

conformance("chaos", (start, isolation) => {
  test.each([1, 2, 3, 4])(
    "of seed %i: every task settles exactly once, and nothing is left",
    async (seed) => {
      const random = randomFrom(seed);
      const executor = start({
        workers: { min: 1, max: 3 },
        concurrency: 8,
        gracePeriod: 30,
        idleTimeout: 20,
        recycle: { tasks: 500 },
        stallTimeout: 5_000,
      });
      const settled: number[] = [];
      const all: Promise<void>[] = [];
      const watch = (id: number, promise: Promise<unknown>) => {
        settled[id] = 0;
        const count = () => void settled[id]++;
        all.push(promise.then(count, count));
      };
      for (let id = 0; id < 3_000; id++) {
        const dice = random();
        const options = {
          timeout: random() < 0.1 ? Math.floor(random() * 20) : undefined,
          queueTimeout: random() < 0.05 ? Math.floor(random() * 50) : undefined,
          priority: Math.floor(random() * 3),
          retry: random() < 0.3 ? { attempts: 3, minDelay: 0, maxDelay: 10, losses: 1 } : undefined,
          key: random() < 0.2 ? `key ${Math.floor(random() * 5)}` : undefined,
        };
        if (dice < 0.03) watch(id, executor.run("fail", "chaos", options));
        else if (dice < 0.04) watch(id, executor.run("unclonable", "plain", options));
        else if (dice < 0.05) watch(id, executor.run("echo", () => 1, options));
        else if (dice < 0.055) {
          watch(id, executor.run("untilAborted", undefined, { ...options, timeout: 10 }));
        } else if (dice < 0.06) {
          watch(id, executor.run("stubborn", 60, { ...options, timeout: 5 }));
        } else if (dice < 0.062 && isolation !== "none") {
          watch(id, executor.run(() => Deno.exit(), 0, options));
        } else if (dice < 0.064 && isolation !== "none") {
          watch(
            id,
            executor.run(() => new Promise(() => setTimeout(() => self.close())), 0, options),
          );
        } else if (dice < 0.1) {
          const handle = executor.submit("sleep", Math.floor(random() * 10), options);
          watch(id, handle.result);
          if (random() < 0.5) handle.cancel();
          else setTimeout(() => handle.cancel(), random() * 20);
        } else watch(id, executor.run("echo", id, options));
        // Now and then the queue is given time to move.
        if (random() < 0.01) await executor.run("sleep", 1).catch(() => {});
      }
      const end = random();
      const closing = end < 0.3 ? executor.terminate() : executor.close(end < 0.6 ? { timeout: 100 } : {});
      await Promise.all(all);
      await closing;
      expect(settled.filter((times) => times !== 1)).toEqual([]);
      expect(settled).toHaveLength(3_000);
      expect(executor.stats()).toMatchObject({ pending: 0, inFlight: 0, workers: [] });
    },
  );
});
