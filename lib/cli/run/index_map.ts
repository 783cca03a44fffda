/**
 * A map whose keys are the indices of inputs: they are added and deleted in about their order. It is an array that slides along
 * with them, and costs a fifth of a `Map`.
 *
 * @module
 */

/** Number of empty elements at the front from which on the array is copied without them. A guess. */
const COMPACT_AT = 1_024;

/** Length of the array from which on few values in it move to a `Map`. A guess. */
const MOST_SLOTS = 65_536;

/** Values by index. A value must not be `undefined`. */
export class IndexMap<T> {
  #slots: (T | undefined)[] = [];
  /** The index of the first element. */
  #first = 0;
  /** Number of empty elements at the front. */
  #head = 0;
  #inSlots = 0;
  /** Values whose index is before the array. */
  readonly #stragglers = new Map<number, T>();

  get size(): number {
    return this.#inSlots + this.#stragglers.size;
  }

  get(index: number): T | undefined {
    const at = index - this.#first;
    return at < 0 ? this.#stragglers.get(index) : this.#slots[at];
  }

  set(index: number, value: T): void {
    // Indices that were skipped do not come later, as a rule.
    if (this.#inSlots === 0) this.#restart(index);
    const at = index - this.#first;
    if (at < 0) return void this.#stragglers.set(index, value);
    // An array with holes is slow.
    while (this.#slots.length < at) this.#slots.push(undefined);
    if (this.#slots[at] === undefined) this.#inSlots++;
    this.#slots[at] = value;
    if (at < this.#head) this.#head = at;
    if (this.#slots.length > MOST_SLOTS) this.#shorten();
  }

  /** Deletes a value. */
  delete(index: number): void {
    const at = index - this.#first;
    if (at < 0) return void this.#stragglers.delete(index);
    if (this.#slots[at] === undefined) return;
    this.#slots[at] = undefined;
    this.#inSlots--;
    if (at !== this.#head) return;
    while (this.#head < this.#slots.length && this.#slots[this.#head] === undefined) this.#head++;
    if (this.#head >= COMPACT_AT && this.#head * 2 >= this.#slots.length) this.#slide();
  }

  /** All values, by index. */
  entries(): [index: number, value: T][] {
    const slots = this.#slots.flatMap((value, at) =>
      value === undefined ? [] : [[this.#first + at, value] as [number, T]]
    );
    return [...this.#stragglers, ...slots].sort(([one], [other]) => one - other);
  }

  clear(): void {
    this.#slots = [];
    this.#head = this.#inSlots = 0;
    this.#stragglers.clear();
  }

  #restart(index: number): void {
    this.#slots = [];
    this.#first = index;
    this.#head = 0;
  }

  #slide(): void {
    this.#first += this.#head;
    this.#slots = this.#slots.slice(this.#head);
    this.#head = 0;
  }

  /** Moves the values to the `Map` if there are few: one that stays for long must not keep a long array alive. */
  #shorten(): void {
    if (this.#inSlots * 4 > this.#slots.length) return;
    const last = this.#first + this.#slots.length;
    for (const [index, value] of this.entries()) this.#stragglers.set(index, value);
    this.#slots = [];
    this.#first = last;
    this.#head = this.#inSlots = 0;
  }
}
