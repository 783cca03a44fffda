/**
 * The inputs that tasks of a map or of a run have handed in: which of them may start, and the order in which their outcomes come.
 *
 * Outcomes follow those of the caller's inputs, in the order of the inputs that have handed them in. The place of an added input
 * is known when the outcome of its parent has come in order. It may start before. If several tasks hand in the same input, it
 * starts once, and the first of them in order decides its place.
 */

import { Distinct } from "../../wire/distinct.ts";
import { Fifo } from "../basics/fifo.ts";
import type { Turns } from "./in_order.ts";

export interface AddedQueueInit {
  /** Whether outcomes are in order. If not, an added input starts as soon as it is handed in. */
  ordered: boolean;
  /** Number of slots of all workers. */
  slots: () => number;
  /** Maximum number of inputs, the caller's included. */
  most: number;
}

interface Added<T> {
  readonly input: T;
  /** Undefined if inputs are not compared. */
  readonly content: string | undefined;
  /** Its index among all inputs in the order of their starts; undefined until it starts. */
  index?: number;
  /** Its place among the added inputs; undefined until that is known. */
  place?: number;
  /** Whether it has started before its place was known. */
  isEarly?: boolean;
  /** Whether it has an outcome. */
  hasRun?: boolean;
  /** Whether one of the caller's inputs that came later has the same content. */
  isLeftOut?: boolean;
}

export class AddedQueue<T> implements Turns {
  /** Number of inputs of the caller that were handed out. */
  callers = 0;
  /** Number of added inputs that wait for their start, and of those that have started. */
  waiting = 0;
  started = 0;
  /** Number of inputs that have started before their place was known, and whose turn has not come. */
  earlyOpen = 0;
  /** Number of them without an outcome. */
  #earlyRunning = 0;
  readonly #init: AddedQueueInit;
  /** Whether the caller's inputs have ended. Before, no added input has a turn. */
  #hasEnded = false;
  /** The contents of all inputs; undefined while they are not compared. */
  #known: Distinct | undefined;
  /** Added inputs that may still be left out or get an earlier place, by content. */
  readonly #open = new Map<string, Added<T>>();
  /** What each task has handed in, until its own turn has come, by its index. */
  readonly #byParent = new Map<number, Added<T>[]>();
  /** Inputs with a place, until their turn has come. */
  readonly #order = new Fifo<Added<T>>();
  /** Those of them that have not started; without order, all that have not. */
  readonly #due = new Fifo<Added<T>>();
  /** Inputs that had no place when they were handed in. */
  readonly #early = new Fifo<Added<T>>();
  /** Inputs that have started early and whose turn has not come, by index. */
  readonly #ahead = new Map<number, Added<T>>();
  /** The places of inputs whose outcomes still wait at the end, by index. */
  readonly #last = new Map<number, number>();
  #placed = 0;
  /** Number of the caller's inputs whose turn has come. */
  #passed = 0;

  constructor(init: AddedQueueInit) {
    this.#init = init;
  }

  get compares(): boolean {
    return this.#known !== undefined;
  }

  compare(): void {
    this.#known = new Distinct();
  }

  /** Takes note of an input of the caller. */
  know(content: string): void {
    if (this.#known!.add(content)) return;
    const added = this.#open.get(content);
    if (!added || added.index !== undefined) return;
    added.isLeftOut = true;
    this.#open.delete(content);
    this.waiting--;
  }

  /** The caller's inputs have ended. */
  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#order.filter(({ isLeftOut }) => !isLeftOut);
    this.#due.filter(({ isLeftOut }) => !isLeftOut);
    this.#placed = 0;
    for (const added of this.#order) {
      added.place = this.#placed++;
      this.#close(added);
    }
  }

  /** Takes an input that a task has handed in. `parent` is the index of the task's input; `content` is absent if none are compared. */
  add(parent: number, input: T, content?: string): void {
    const { ordered } = this.#init;
    if (ordered && this.#hasEnded && parent === this.next) return this.#addInTurn(input, content);
    let added = content === undefined ? undefined : this.#open.get(content);
    if (!added) {
      if (content !== undefined && !this.#known!.add(content)) return;
      added = { input, content };
      if (content !== undefined) this.#open.set(content, added);
      this.waiting++;
      (ordered ? this.#early : this.#due).push(added);
    }
    if (!ordered) return;
    const siblings = this.#byParent.get(parent);
    if (siblings) siblings.push(added);
    else this.#byParent.set(parent, [added]);
  }

  /** Takes an input of the task whose turn is now. Mostly so, and then nothing has to be kept of it but its place. */
  #addInTurn(input: T, content?: string): void {
    const known = content === undefined || this.#open.size === 0 ? undefined : this.#open.get(content);
    if (known) return this.#place(known);
    if (content !== undefined && !this.#known!.add(content)) return;
    this.waiting++;
    this.#place({ input, content });
  }

  /** Gives a place to what a task has handed in, because the turn of its input has come. */
  place(parent: number): void {
    const all = this.#byParent.get(parent);
    if (!all) return;
    this.#byParent.delete(parent);
    all.forEach((added) => this.#place(added));
  }

  #place(added: Added<T>): void {
    if (added.place !== undefined || added.isLeftOut) return;
    added.place = this.#placed++;
    if (this.#hasEnded) this.#close(added);
    this.#order.push(added);
    if (added.index === undefined) this.#due.push(added);
  }

  /** Whether inputs wait that may start, now or later. */
  get hasMore(): boolean {
    if (!this.#init.ordered) return this.waiting > 0 && this.callers + this.started < this.#init.most;
    const due = this.#due.peek();
    return due !== undefined && due.place! < this.#room || this.#placed < this.#room && this.#unplaced > 0;
  }

  /** Whether as many inputs have a place (or have started, without order) as may run. */
  get isFull(): boolean {
    return (this.#init.ordered ? this.#placed : this.started) >= this.#room;
  }

  /** Number of inputs that wait and do not run, because of the maximum number of inputs. It is known at the end. */
  get cut(): number {
    return this.#init.ordered ? this.#due.size : this.waiting;
  }

  /** Number of inputs that have started early, and whose place is beyond the maximum number of inputs. */
  get overrun(): number {
    if (!this.isFull || this.earlyOpen === 0) return 0;
    const places = [...this.#ahead.values()].map(({ place = Infinity }) => place);
    return places.filter((place) => place >= this.#room).length;
  }

  /** Takes out at most `most` inputs whose turn comes next, or all where there is no order. `index` is that of the first. */
  take(most: number, index: number): T[] {
    const taken: T[] = [];
    if (this.#init.ordered && !this.#hasEnded) return taken;
    for (let next = this.#due.peek(); next && taken.length < most; next = this.#due.peek()) {
      if (this.#init.ordered && next.place! >= this.#room) break;
      this.#due.shift();
      if (!next.isLeftOut) taken.push(this.#start(next, index + taken.length));
    }
    return taken;
  }

  /**
   * Takes out inputs whose place is not known, at most `most`. One slot is left for inputs whose turn comes, because generators may
   * hold theirs until their own turn.
   *
   * If the number of inputs is limited, only while at most half as many are known. An earlier task may hand in many more. Inputs
   * that have started may then no longer be among those that may run.
   */
  takeEarly(most: number, index: number): T[] {
    const taken: T[] = [];
    const known = this.callers + this.started + this.waiting;
    if (!this.#hasEnded || this.#unplaced === 0 || known > this.#init.most / 2) return taken;
    const room = Math.min(most, this.#init.slots() - 1 - this.#earlyRunning);
    for (let next = this.#early.peek(); next && taken.length < room; next = this.#early.peek()) {
      this.#early.shift();
      if (next.isLeftOut || next.place !== undefined) continue;
      next.isEarly = true;
      this.#ahead.set(index + taken.length, next);
      taken.push(this.#start(next, index + taken.length));
    }
    this.earlyOpen += taken.length;
    this.#earlyRunning += taken.length;
    return taken;
  }

  /** Takes note that inputs from `index` on have an outcome. */
  ran(index: number, count: number): void {
    if (this.#earlyRunning === 0) return;
    for (let at = index; at < index + count; at++) {
      const added = this.#ahead.get(at);
      if (!added || added.hasRun) continue;
      added.hasRun = true;
      this.#earlyRunning--;
    }
  }

  get next(): number | undefined {
    if (this.#isTurnOfCaller) return this.#passed;
    const added = this.#order.peek();
    return added && added.place! < this.#room ? added.index : undefined;
  }

  pass(count: number): void {
    if (this.#isTurnOfCaller) return void (this.#passed += count);
    const { index, isEarly } = this.#order.shift()!;
    if (!isEarly) return;
    this.#ahead.delete(index!);
    this.earlyOpen--;
  }

  last(indices: number[]): number[] {
    indices.sort((one, other) => one - other);
    for (const { index, place } of this.#order) if (index !== undefined) this.#last.set(index, place!);
    const added = indices.filter((index) => this.hasTurn(index));
    for (const index of added) if (!this.#last.has(index)) this.#last.set(index, this.#placed++);
    const placeOf = (index: number) => this.#last.get(index)!;
    added.sort((one, other) => placeOf(one) - placeOf(other));
    return [
      ...indices.filter((index) => !this.hasTurn(index)),
      ...added.filter((index) => placeOf(index) < this.#room),
    ];
  }

  /** The place among all inputs of the added one whose turn is now; undefined if it is one of the caller's. */
  get nextPlace(): number | undefined {
    return this.#isTurnOfCaller ? undefined : this.callers + this.#order.peek()!.place!;
  }

  /** Whether an input that has started is an added one. Its turn may be at another time than that of its neighbours. */
  hasTurn(index: number): boolean {
    return this.#init.ordered && this.#hasEnded && index >= this.callers;
  }

  /** The place of an input among the added ones, if it is one and its outcome is read or written now. */
  placeOf(index: number): number | undefined {
    if (!this.hasTurn(index)) return undefined;
    const added = this.#order.peek();
    return added?.index === index ? added.place : this.#last.get(index);
  }

  get #isTurnOfCaller(): boolean {
    return !this.#hasEnded || this.#passed < this.callers;
  }

  /** Maximum number of added inputs. */
  get #room(): number {
    return this.#init.most - this.callers;
  }

  /** Number of inputs without a place that wait. */
  get #unplaced(): number {
    return this.waiting - this.#due.size;
  }

  #start(added: Added<T>, index: number): T {
    this.waiting--;
    this.started++;
    added.index = index;
    if (!this.#init.ordered) this.#close(added);
    return added.input;
  }

  #close({ content }: Added<T>): void {
    if (content !== undefined && this.#open.size > 0) this.#open.delete(content);
  }
}
