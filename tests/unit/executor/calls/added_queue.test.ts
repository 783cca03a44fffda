/** The order of added inputs, whatever the timing. */
import { expect, test } from "vitest";
import { AddedQueue } from "../../../../lib/executor/calls/added_queue.ts";
import { InOrder } from "../../../../lib/executor/calls/in_order.ts";
import { randomFrom } from "../../../../scripts/chaos/random.ts";

/** A graph with cycles: the links of each page. */
function graph(pages: number, random: () => number): number[][] {
  return Array.from(
    { length: pages },
    () => Array.from({ length: Math.floor(random() * 5) }, () => Math.floor(random() * pages)),
  );
}

/** The pages in order: those of the caller, then those that are found, by the places of their parents. */
function inOrderOf(callers: number[], links: number[][]): number[] {
  const found = [...new Set(callers)];
  for (let at = 0; at < found.length; at++) {
    for (const page of links[found[at]]) if (!found.includes(page)) found.push(page);
  }
  return found;
}

/** Runs all pages with outcomes in a random order. A page of `hangs` ends only when no other runs. */
function run(
  { callers, links, slots, window, most, hangs, random }: {
    callers: number[];
    links: number[][];
    slots: number;
    window: number;
    most: number;
    hangs: Set<number>;
    random: () => number;
  },
): { written: number[]; started: number[]; left: number; early: number } {
  const queue = new AddedQueue<number>({ ordered: true, slots: () => slots, most });
  queue.compare();
  const [written, started, running]: [number[], number[], number[]] = [[], [], []];
  let early = 0;
  const order = new InOrder<number>(true, (index) => {
    written.push(started[index]);
    queue.place(index);
    return undefined;
  }, { turns: queue });
  for (;;) {
    const inTurn = started.length - written.length - queue.earlyOpen;
    const wanted = callers.slice(
      started.length,
      Math.min(callers.length, most, started.length + window - inTurn),
    );
    if (queue.callers < Math.min(callers.length, most)) {
      queue.callers += wanted.length;
      for (const page of wanted) queue.know(`${page}`);
      start(wanted);
    }
    if (queue.callers === callers.length) {
      queue.end();
      start(
        queue.take(Math.max(0, window - (started.length - written.length - queue.earlyOpen)), started.length),
      );
      const some = queue.takeEarly(window - queue.earlyOpen, started.length);
      early += some.length;
      start(some);
    }
    if (running.length === 0) break;
    const able = running.slice(0, slots);
    const free = able.filter((index) => !hangs.has(started[index]));
    const ending = free.length > 0 ? free[Math.floor(random() * free.length)] : able[0];
    running.splice(running.indexOf(ending), 1);
    queue.ran(ending, 1);
    for (const page of links[started[ending]]) queue.add(ending, page, `${page}`);
    order.add(ending, ending);
  }
  return { written, started, left: queue.cut, early };

  function start(pages: number[]): void {
    for (const page of pages) running.push(started.push(page) - 1);
  }
}

test.each([1, 2, 3, 4])(
  "pages come in the order of their parents, each once, whatever ends first: seed %i",
  (seed) => {
    const random = randomFrom(seed);
    let early = 0;
    for (let round = 0; round < 100; round++) {
      const pages = 2 + Math.floor(random() * 60);
      const links = graph(pages, random);
      const callers = [
        ...new Set(Array.from({ length: 1 + Math.floor(random() * 5) }, () => Math.floor(random() * pages))),
      ];
      const expected = inOrderOf(callers, links);
      const most = random() < 0.5 ? Infinity : 1 + Math.floor(random() * pages);
      const ended = run({
        callers,
        links,
        most,
        slots: 1 + Math.floor(random() * 8),
        window: 1 + Math.floor(random() * 8),
        hangs: new Set(Array.from({ length: 3 }, () => Math.floor(random() * pages))),
        random,
      });
      early += ended.early;
      expect(ended.written).toEqual(expected.slice(0, most));
      expect(new Set(ended.started).size).toBe(ended.started.length);
      if (most >= expected.length) expect(ended.started.length).toBe(expected.length);
      // At most half of the maximum was known when an input started early.
      expect(ended.started.length - ended.written.length).toBeLessThanOrEqual(most / 2);
    }
    expect(early).toBeGreaterThan(100);
  },
);

test("what the caller has as well, and gives later, is left out", () => {
  const queue = new AddedQueue<string>({ ordered: true, slots: () => 8, most: Infinity });
  queue.compare();
  queue.callers = 1;
  queue.know("a");
  for (const page of ["a", "b", "c", "d"]) queue.add(0, page, page);
  queue.pass(1);
  queue.place(0);
  queue.callers = 2;
  queue.know("c");
  expect(queue.take(9, 2)).toEqual([]);
  queue.end();
  expect([queue.waiting, queue.take(9, 2), queue.hasMore]).toEqual([2, ["b", "d"], false]);
  queue.pass(1);
  expect([queue.next, queue.nextPlace]).toEqual([2, 2]);
  queue.pass(1);
  expect([queue.next, queue.nextPlace]).toEqual([3, 3]);
});
