/** The room that a caller has for what a generator yields, and whether it wants more. */

const { Promise } = globalThis;

export class Room {
  /** Number of units that the caller has room for. */
  left: number;
  #wake: (() => void) | undefined;
  #isStopped = false;
  #failure: { error: unknown } | undefined;

  constructor(left: number) {
    this.left = left;
  }

  /** Whether the generator goes on. */
  get isOpen(): boolean {
    return !this.#isStopped && !this.#failure;
  }

  /** Resolves when there may be room, or the generator does not go on. */
  there(): Promise<void> {
    return new Promise((resolve) => this.#wake = resolve);
  }

  /** Throws the error of a value that could not be sent. */
  check(): void {
    if (this.#failure) throw this.#failure.error;
  }

  /** Adds to the caller's room. */
  grant(units: number): void {
    this.left += units;
    this.#wake?.();
  }

  /** Ends the generator: the caller wants no more values. */
  stop(): void {
    this.#isStopped = true;
    this.#wake?.();
  }

  /** Ends the generator with an error, because a value could not be sent. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wake?.();
  }
}
