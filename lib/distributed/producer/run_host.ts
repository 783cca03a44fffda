/** The host interface of a producer: how it talks to its executor. */

export interface RunHost {
  /** Keeps the results that were handed on permanently. Their jobs are removed next. */
  commit(): void;
  notice(line: string): void;
  /** Shows the line of a producer that waits for the run's lock. */
  waits(line: string): void;
  /** The run cannot go on. All inputs without an outcome get this error next. */
  failed(error: Error): void;
  /** An error's `retryAfter` has paused all tasks, or those with this key, for `delay` milliseconds. */
  paused(delay: number, key: string | number | undefined): void;
  /** What a successor must know to keep the limits has changed by much. */
  limitsChanged(): void;
}
