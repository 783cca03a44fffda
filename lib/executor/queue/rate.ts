/**
 * Decides when the next tasks may start by one rate. A task counts by its weight, which is 1 where the rate limits the number of
 * tasks. `rates.ts` asks before tasks are sent. A start is a body that begins. Its worker announces it, and times are counted from
 * then. So neither a slow worker nor a busy machine brings starts closer together.
 *
 * Starts have places in a timetable, each later than the one before by the time of that one's weight. A start that is a few
 * milliseconds late does not move the places that follow. A start that is later moves them. In any case, the starts of no `perMs`
 * milliseconds have more than the rate's amount.
 */

import { Fifo } from "../basics/fifo.ts";

/**
 * Maximum time from a start to the server that counts it, in milliseconds. A guess for a far network and a busy machine. The amount
 * is spread over `perMs` plus this time, but at most `SPREAD_PART` more.
 */
const SPREAD = 500;

/** Maximum part of `perMs` that is added. More with weights, because a heavy task that is late for a server weighs more than one. */
const SPREAD_PART = { count: 1 / 50, weight: 1 / 10 };

/** Lateness that does not move later starts, in milliseconds. Measured: timers are late by 1 to 7 ms. */
const SLACK = 20;

/**
 * Lateness that does not move later starts if tasks have weights, as a part of the window. So a heavy task can use the amount that
 * light tasks before it have left. A guess: with less, a heavy task holds up others although the amount is not used; with more,
 * many tasks could start close together.
 */
const MOST_LEFT = 1 / 4;

/** Two neighbours may be closer than their places by this time, in milliseconds, but at most 10 %. A guess. */
const CLOSER = 2;

/** Maximum part of the amount that starts together, where places are closer together than timers are exact. A guess. */
const MOST_TOGETHER = 1 / 20;

/**
 * Additional time after the first start of a worker, in milliseconds. Measured: its first request takes 20 to 40 ms longer, because
 * it loads the code for requests. Without this time, the next request would arrive close behind it.
 */
const FIRST = 50;

/**
 * Maximum part of `perMs` by which the first request of a worker may be late with weights, and at most `SPREAD`. Until then, its
 * weight stays in the window. Measured: 450 ms on a machine with two cores and many busy programs.
 */
const LATE_FIRST_PART = 1 / 2;

/** Starts within this part of `perMs` are remembered as one, so that memory is limited at any rate. */
const RESOLUTION = 1 / 10_000;

/** Starts in this part of the window are saved as one. A guess: it limits the length of what is saved. */
const SAVED_PART = 1 / 20;

/** Starts that take more time of the timetable are saved at once, in milliseconds. A guess: less, and fast rates save often. */
const MOST_UNSAVED = 1_000;

/** What a rate allows: an amount in each `perMs` milliseconds. */
interface Amount {
  amount: number;
  perMs: number;
  /** Whether each task counts as 1. Then the amount may be a fraction. */
  isCount: boolean;
}

/** The last starts by one rate, for the successor of its executor (`limit_state.ts`). */
export interface RateState {
  /** When it was saved. */
  at: number;
  /** The amount for which the next start has to wait from then on. It is not a time, because the successor may have another rate. */
  owed: number;
  /** The starts of the last window, the oldest first: when the last of several began, and the sum of what they count for. */
  recent: [at: number, amount: number][];
}

/** Starts that are remembered as one. */
interface Remembered {
  /** When the first and the last of them began. */
  from: number;
  to: number;
  weight: number;
}

/** The starts of one executor. All times are milliseconds of the same clock. */
export class Rate {
  /** Maximum sum of the weights in a window. */
  readonly #most: number;
  /** Length of the window, in milliseconds. */
  readonly #window: number;
  /** Time in the timetable for a weight of 1, in milliseconds. */
  #interval: number;
  /** Lateness that does not move later starts, in milliseconds. */
  readonly #slack: number;
  readonly #isCount: boolean;
  /** Time by which the first start of a worker counts later in the window, in milliseconds. */
  readonly #lateFirst: number;
  /** Maximum sum of the weights of tasks that start together, unless it is one task. */
  readonly #together: number;
  /** The place of the next start: its time by the timetable. */
  #place = -Infinity;
  /** The earliest time of the next start, whatever its place. */
  #soonest = -Infinity;
  /** The starts of the last window. */
  readonly #recent = new Fifo<Remembered>();
  #recentSum = 0;
  /** Sum of the weights of the tasks that start in this round. */
  #starting = 0;
  /** Sum of the weights that have started since {@link save} was called last. */
  #unsaved = 0;

  constructor({ amount, perMs, isCount }: Amount) {
    this.#most = isCount ? Math.ceil(amount) : amount;
    this.#window = perMs + Math.min(SPREAD, perMs * SPREAD_PART[isCount ? "count" : "weight"]);
    this.#interval = this.#window / amount;
    this.#isCount = isCount;
    this.#lateFirst = isCount ? FIRST : Math.min(SPREAD, perMs * LATE_FIRST_PART);
    this.#slack = isCount ? SLACK : Math.max(SLACK, this.#window * MOST_LEFT);
    const [slack, part] = [SLACK / this.#interval, amount * MOST_TOGETHER];
    this.#together = isCount
      ? Math.max(1, Math.min(Math.ceil(slack), Math.floor(part)))
      : Math.min(slack, part);
  }

  /** Lets tasks start at a part of the rate. The window keeps the whole amount, into which each single task fits. */
  slow(part: number, amount: number): void {
    this.#interval = this.#window / (amount * part);
  }

  /** Begins a round: tasks that start until the next round start together. */
  begin(): void {
    this.#starting = 0;
  }

  /**
   * Number of tasks of weight 1 that may start now.
   *
   * @param overdue sum of the weights of tasks that were sent and can begin at any time
   */
  due(now: number, overdue = 0): number {
    if (this.wait(now, 1, overdue) > 0) return 0;
    const late = 1 + Math.floor((now - this.#place) / this.#interval);
    return Math.min(
      late,
      this.#together - this.#starting,
      this.#most - this.#recentSum - this.#starting - overdue,
    );
  }

  admits(weight: number, now: number, overdue = 0): boolean {
    if (weight === 0) return true;
    const isAlone = this.#starting === 0;
    return (isAlone || this.#starting + weight <= this.#together) && this.wait(now, weight, overdue) === 0;
  }

  /** Takes the weight of a task, or of several, that start now. */
  started(weight: number, now: number): void {
    if (weight === 0) return;
    this.#starting += weight;
    this.#unsaved += weight;
    // Nothing is left over before the first start.
    const earliest = now - (this.#place === -Infinity ? SLACK : this.#slack);
    this.#place = Math.max(this.#place, earliest) + weight * this.#interval;
  }

  /**
   * Takes the announcement of a start. `isFirst` says whether it is the first one of its worker. An announcement from another machine
   * may be late: then the body may have begun at any time since `letGo`.
   */
  begun(weight: number, now: number, isFirst: boolean, letGo = now): void {
    if (weight === 0) return;
    const at = isFirst ? letGo + FIRST : letGo;
    const time = weight * this.#interval;
    this.#place = Math.max(this.#place, at - this.#slack + time);
    if (this.#isCount && this.#together === 1) this.#soonest = at + time - Math.min(CLOSER, time / 10);
    this.#remember(weight, this.#countedAt(now, isFirst));
  }

  #countedAt(began: number, isFirst: boolean): number {
    return isFirst ? began + this.#lateFirst : began;
  }

  /** Takes back the weight of a task that began at this time, because it is known now what the task uses. */
  takeBack(weight: number, began: number, isFirst: boolean): void {
    if (weight === 0) return;
    const at = this.#countedAt(began, isFirst);
    this.#place -= weight * this.#interval;
    for (const entry of this.#recent) {
      if (entry.from > at || entry.to < at || entry.weight < weight) continue;
      entry.weight -= weight;
      this.#recentSum -= weight;
      return;
    }
  }

  /** Takes an amount that a task has used. It counts from now on, because a server may count it only now. */
  used(amount: number, now: number): void {
    if (amount === 0) return;
    this.#unsaved += amount;
    this.#place = Math.max(this.#place, now - this.#slack) + amount * this.#interval;
    this.#remember(amount, now);
  }

  /** Whether the starts since the last call of {@link save} are too many for a successor not to know of them. */
  get isUnsaved(): boolean {
    return this.#unsaved * this.#interval >= MOST_UNSAVED;
  }

  /**
   * The last starts, for a successor.
   *
   * @param sent sum of the weights of tasks that were sent and have not begun
   */
  save(sent: number, now: number): RateState {
    this.#forget(now);
    this.#unsaved = 0;
    const recent: RateState["recent"] = [];
    let since = -Infinity;
    for (const { from, to, weight } of this.#recent) {
      if (to - since < this.#window * SAVED_PART) {
        recent[recent.length - 1] = [to, recent[recent.length - 1][1] + weight];
        continue;
      }
      since = from;
      recent.push([to, weight]);
    }
    if (sent > 0) recent.push([now, sent]);
    const place = Math.max(this.#place, this.#soonest, now);
    return { at: now, owed: (place - now) / this.#interval, recent };
  }

  /** Goes on after the starts of a predecessor, which may have started a little more than it has saved. */
  takeOver({ at, owed, recent }: RateState, now: number): void {
    const most = MOST_UNSAVED / this.#interval;
    const unsaved = this.#isCount ? Math.ceil(most) - 1 : most;
    this.#place = Math.max(at + (owed + unsaved) * this.#interval, now - SLACK);
    for (const [at, amount] of recent) this.#remember(amount, at);
    if (unsaved > 0) this.#remember(unsaved, at + MOST_UNSAVED);
  }

  /** Time until a task may start, in milliseconds; `Infinity` if this depends on overdue starts. */
  wait(now: number, weight: number, overdue = 0): number {
    if (weight === 0) return 0;
    this.#forget(now);
    return Math.max(
      0,
      this.#place - now,
      this.#soonest - now,
      this.#roomAt(now, weight + overdue + this.#starting) - now,
    );
  }

  #roomAt(now: number, weight: number): number {
    let left = this.#recentSum + weight - this.#most;
    if (left <= 0) return now;
    for (const { to, weight } of this.#recent) {
      left -= weight;
      if (left <= 0) return to + this.#window;
    }
    return Infinity;
  }

  #remember(weight: number, at: number): void {
    this.#recentSum += weight;
    const last = this.#recent.peekLast();
    if (last && at - last.from < this.#window * RESOLUTION) {
      // The first start of a worker counts from later on, so the next one may count from before it.
      last.from = Math.min(last.from, at);
      last.to = Math.max(last.to, at);
      last.weight += weight;
    } else this.#recent.push({ from: at, to: at, weight });
  }

  #forget(now: number): void {
    for (;;) {
      const oldest = this.#recent.peek();
      if (!oldest || oldest.to + this.#window > now) return;
      this.#recent.shift();
      // A sum of fractions would not come back to 0.
      this.#recentSum = this.#recent.size === 0 ? 0 : this.#recentSum - oldest.weight;
    }
  }
}
