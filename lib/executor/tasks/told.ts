/**
 * What the body of one attempt tells its caller while it runs. It belongs to that attempt: the attempt that gives the outcome of
 * a task hands it over, and it is dropped with any other attempt.
 */

import { Sums } from "../basics/sums.ts";

export interface Began {
  /** In milliseconds since 1970. */
  at: number;
  /** The position of its worker in the pool. */
  position: number;
}

export class Told {
  /** The amounts of `context.count`. */
  readonly counts: Sums = new Sums();
  /** When and where its body began; undefined if that is not told. */
  began: Began | undefined;
  /** The inputs of `context.add`, in the form in which the other inputs are sent; undefined if there are none. */
  added: unknown[] | undefined;
}
