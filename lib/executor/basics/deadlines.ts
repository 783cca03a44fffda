/**
 * Many deadlines with few timers. Tasks share a few durations, and of tasks with the same duration the first to start is the first to
 * expire. So there is one list and one timer per duration.
 */

/** The longest delay that timers take, in milliseconds. A longer deadline never expires. */
export const LONGEST = 2 ** 31 - 1;

/** Like `setTimeout`, but a delay that is too long for a timer never fires, instead of at once. */
export function after(delay: number, callback: () => void): ReturnType<typeof setTimeout> | undefined {
  return delay > LONGEST ? undefined : setTimeout(callback, delay);
}

/** Resolves when the promise has settled, and after `ms` milliseconds at the latest. Leaves no timer behind. */
export async function waitAtMost(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => timer = setTimeout(resolve, ms));
  await Promise.race([work.catch(() => {}), late]);
  clearTimeout(timer);
}

export class Deadlines<T> {
  readonly #lists = new Map<number, DeadlineList<T>>();
  readonly #onExpire: (item: T) => void;

  constructor(onExpire: (item: T) => void) {
    this.#onExpire = onExpire;
  }

  /** Calls back for `item` after `delay` milliseconds; with `Infinity`, never. */
  add(item: T, delay: number): void {
    if (delay > LONGEST) return;
    let list = this.#lists.get(delay);
    if (!list) this.#lists.set(delay, list = new DeadlineList(delay, this.#onExpire));
    list.add(item);
  }

  clear(): void {
    for (const list of this.#lists.values()) list.clear();
    this.#lists.clear();
  }

  /** Forgets `item`, which was added with this `delay`. */
  delete(item: T, delay: number): void {
    const list = this.#lists.get(delay);
    if (!list) return;
    list.delete(item);
    if (list.size === 0) this.#lists.delete(delay);
  }
}

class DeadlineList<T> {
  readonly #delay: number;
  readonly #onExpire: (item: T) => void;
  /** When each item expires. They expire in the order in which they were added, which a `Map` keeps. */
  readonly #due = new Map<T, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(delay: number, onExpire: (item: T) => void) {
    this.#delay = delay;
    this.#onExpire = onExpire;
  }

  get size(): number {
    return this.#due.size;
  }

  add(item: T): void {
    this.#due.set(item, performance.now() + this.#delay);
    this.#timer ??= setTimeout(this.#expire, this.#delay);
  }

  delete(item: T): void {
    this.#due.delete(item);
    if (this.#due.size > 0) return;
    // A timer would keep the program alive.
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  clear(): void {
    this.#due.clear();
    clearTimeout(this.#timer);
  }

  readonly #expire = (): void => {
    this.#timer = undefined;
    const now = performance.now();
    for (const [item, due] of this.#due) {
      // Timers fire up to a millisecond early.
      if (due > now + 1) break;
      this.#due.delete(item);
      this.#onExpire(item);
    }
    const [next] = this.#due.values();
    if (next !== undefined) this.#timer ??= setTimeout(this.#expire, Math.max(0, next - performance.now()));
  };
}
