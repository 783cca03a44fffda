/** What decides from outside of an executor when the attempts of one task start (`outer_starts.ts`). */

/** Decides from outside when the attempts of one task start. */
export interface OuterStart {
  /** Asks for the start of an attempt. `go` is called once it may start. */
  ask(attempt: number, go: () => void): void;
  /** Takes the start of the attempt that was let go. Returns false if that was too long ago: then it has to ask again. */
  take(): boolean;
  /** The task has settled, and asks for no start any more. */
  forget(): void;
  /** The body has begun. */
  begun(): void;
  /** The attempt is on no worker of the executor any more. */
  out(attempt: number): void;
  /** The body has used an amount of what a rate counts by this name. */
  used(name: string, amount: number): void;
  /** The attempt has failed, with an error that has a `retryAfter` in `delay` milliseconds, or without one, with the status 429. */
  refused(delay: number | undefined): void;
}
