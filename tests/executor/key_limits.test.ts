/** The queue's limits per key, against every order of events: nothing waits for ever, nothing is counted twice. */
import { expect, test } from "vitest";
import { resolveOptions } from "../../lib/executor/options/resolve.ts";
import { Task } from "../../lib/executor/tasks/task.ts";
import { TaskQueue } from "../../lib/executor/queue/task_queue.ts";
import { random } from "../random.ts";

const { task: options } = resolveOptions({ workers: 1 });
const target = { number: 0, id: 1, spec: { name: "t" } };
const SLOTS = 2;

function scene(seed: number, most: number, capacity: number) {
  const next = random(seed);
  const pick = (below: number) => Math.floor(next() * below);
  const settled: number[] = [];
  const waiting = new Set<Task>();
  const running = new Set<Task>();
  /** Bodies that go on after their task was taken back from them; each has the place that it took. */
  const leftovers: { limitKey: unknown; onOut: (() => void) | undefined }[] = [];
  const queue = new TaskQueue({ capacity, limitPer: { most, key: () => 0 }, changed() {} });
  let id = 0;
  function add() {
    const task: Task = new Task({
      id: ++id,
      target,
      input: undefined,
      options: { ...options, priority: pick(4) === 0 ? 1 : 0 },
      submitted: 0,
      observer: { settled() {}, retries: () => false },
      waiter: { resolve: () => settled.push(task.id), reject: () => settled.push(task.id) },
    });
    if (pick(5) > 0) task.set({ limitKey: `k${pick(3)}` });
    if (pick(4) === 0) task.set({ position: pick(SLOTS) });
    waiting.add(task);
    queue.add(task);
  }
  function takeOne() {
    const slot = pick(SLOTS);
    // A worker is kept free for those that it could be given, and for no others: else there were rounds without end.
    const asked = new Set(queue.positionsOfAlone());
    expect(queue.wantsAlone(slot)).toBe(asked.has(undefined) || asked.has(slot));
    expect(queue.alone > 0).toBe(asked.size > 0);
    const took = pick(3) === 0
      ? queue.takeAlone(slot)
      : pick(3) === 0
      ? queue.takeOwn(slot)
      : queue.take(slot, 1);
    if (!took) return false;
    const task = took as Task;
    expect(waiting.delete(task)).toBe(true);
    task.state = "running";
    task.owner = undefined;
    running.add(task);
    const counts = new Map<unknown, number>();
    for (const { limitKey } of [...[...running].map(({ particulars }) => particulars), ...leftovers]) {
      counts.set(limitKey, (counts.get(limitKey) ?? 0) + 1);
    }
    for (const [key, count] of counts) if (key !== undefined) expect(count).toBeLessThanOrEqual(most);
    return true;
  }
  function end() {
    const task = [...running][pick(running.size)];
    running.delete(task);
    const { limitKey, onOut } = task.particulars;
    const goesOn = pick(4) === 0;
    if (goesOn) leftovers.push({ limitKey, onOut });
    else onOut?.();
    task.set({ onOut: undefined });
    if (!goesOn && pick(3) > 0) return task.settle(true, 1);
    // It is tried again, or was given back.
    if (pick(2) === 0) task.set({ alone: !task.alone });
    waiting.add(task);
    queue.putBack(task);
  }
  function endLeftover() {
    leftovers.splice(pick(leftovers.length), 1)[0].onOut?.();
  }
  function cancel() {
    const task = [...waiting][pick(waiting.size)];
    waiting.delete(task);
    task.cancel("no more");
  }
  const count = () => id;
  return { pick, settled, waiting, running, leftovers, queue, add, takeOne, end, endLeftover, cancel, count };
}

test.each([[1, Infinity], [2, Infinity], [3, 5]])(
  "with %d of a kind, and %d in line, every task settles once in each of 300 histories",
  (most, capacity) => {
    for (let seed = 1; seed <= 300; seed++) {
      const {
        pick,
        settled,
        waiting,
        running,
        leftovers,
        queue,
        add,
        takeOne,
        end,
        endLeftover,
        cancel,
        count,
      } = scene(seed, most, capacity);
      for (let step = 0; step < 150; step++) {
        const what = pick(10);
        if (what < 4) add();
        else if (what < 7) takeOne();
        else if (what < 9 && running.size > 0) end();
        else if (leftovers.length > 0 && pick(2) === 0) endLeftover();
        else if (waiting.size > 0) cancel();
        expect(queue.size).toBe(waiting.size);
      }
      // From here on workers only finish: whatever waits must come to its turn.
      for (let idle = 0; queue.size > 0 || running.size > 0;) {
        idle = takeOne() ? 0 : idle + 1;
        if (running.size > 0 && pick(2) === 0) end(), idle = 0;
        if (leftovers.length > 0 && pick(2) === 0) endLeftover(), idle = 0;
        if (idle > 1_000) throw new Error(`seed ${seed}: ${queue.size} tasks wait for ever`);
      }
      expect(settled.sort((a, b) => a - b)).toEqual(Array.from({ length: count() }, (_, at) => at + 1));
      expect(queue.startable).toBe(0);
    }
  },
);
