/**
 * A map whose keys are the indices of inputs: they come one after another, and go in about that order. An array that
 * slides along costs a fifth of a Map, which is why this is here.
 *
 * @module
 */

/** Spent slots at the front after which the array is copied together. */
const COMPACT_AT = 1_024;

/** An array longer than this holds few stragglers and much nothing: they move to a Map. */
const MOST_SLOTS = 65_536;

/** Values by index. `undefined` is no value. */
export class IndexMap<T> {
  #slots: (T | undefined)[] = [];
  /** The index of the first slot. */
  #first = 0;
  /** Slots at the front that are empty for good. */
  #head = 0;
  #inSlots = 0;
  /** What is left of those before the slots. */
  readonly #stragglers = new Map<number, T>();

  get size(): number {
    return this.#inSlots + this.#stragglers.size;
  }

  get(index: number): T | undefined {
    const at = index - this.#first;
    return at < 0 ? this.#stragglers.get(index) : this.#slots[at];
  }

  set(index: number, value: T): void {
    // It goes on where the next one is: what was skipped will not come, as a rule.
    if (this.#inSlots === 0) this.#restart(index);
    const at = index - this.#first;
    if (at < 0) return void this.#stragglers.set(index, value);
    // No holes: they would make a slow array of it.
    while (this.#slots.length < at) this.#slots.push(undefined);
    if (this.#slots[at] === undefined) this.#inSlots++;
    this.#slots[at] = value;
    if (at < this.#head) this.#head = at;
    if (this.#slots.length > MOST_SLOTS) this.#shorten();
  }

  /** Takes out a value. */
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

  /** All that is there, by index. */
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

  /** One that stays for long must not hold the room of all that came after it. */
  #shorten(): void {
    if (this.#inSlots * 4 > this.#slots.length) return;
    const last = this.#first + this.#slots.length;
    for (const [index, value] of this.entries()) this.#stragglers.set(index, value);
    this.#slots = [];
    this.#first = last;
    this.#head = this.#inSlots = 0;
  }
}
