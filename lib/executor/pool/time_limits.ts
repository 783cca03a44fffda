/**
 * The limits of time of the tasks on one worker: the grace periods of cancelled bodies, timeouts, and the silence of a stalled event
 * loop. While that loop does not turn, shared memory and the worker's second thread show which body holds it.
 */

import type { WorkerChannel } from "../../backends/backend.ts";
import type { TaskTimeoutError } from "../../errors.ts";
import { Orders } from "../../wire/orders.ts";
import type { Task } from "../tasks/task.ts";
import type { PoolHost, TasksHost } from "./host.ts";
import { Grace } from "./grace.ts";
import type { InFlight } from "./in_flight.ts";
import type { Leftover } from "./leftover.ts";
import { LoopHolder } from "./loop_holder.ts";
import { Overdue } from "./overdue.ts";
import type { Sender } from "./sender.ts";
import { StallWatch } from "./stall_watch.ts";

interface TimeLimitsInit {
  workerId: number;
  channel: WorkerChannel;
  gracePeriod: number;
  stallTimeout: number;
  inFlight: InFlight;
  sender: Sender;
  worker: TasksHost;
  host: PoolHost;
}

export class TimeLimits {
  /** When the worker last sent a message, or was sent a task after it had none. */
  heard = 0;
  /** Whether there is a `stallTimeout`, so that the worker must show which body holds its loop. */
  readonly mayStall: boolean;
  /** The holder of the worker's event loop while it does not turn. */
  readonly loop: LoopHolder;
  readonly #worker: TasksHost;
  readonly #inFlight: InFlight;
  /** The grace periods of cancelled bodies. */
  readonly #grace: Grace;
  readonly #stall: StallWatch;
  readonly #overdue: Overdue;
  /** Orders that the worker reads also while its loop does not turn; undefined without shared memory. */
  readonly #orders: Orders | undefined;

  constructor(
    { workerId, channel, gracePeriod, stallTimeout, inFlight, sender, worker, host }: TimeLimitsInit,
  ) {
    const { memory } = channel;
    this.mayStall = stallTimeout !== Infinity;
    this.loop = new LoopHolder(memory);
    this.#worker = worker;
    this.#inFlight = inFlight;
    this.#orders = memory && new Orders(memory);
    this.#grace = new Grace({
      inFlight: () => inFlight.size,
      condemned: () => worker.drain(),
      kill: () => worker.lost({ reason: "a cancelled task on it did not stop within its grace period" }),
    });
    this.#stall = new StallWatch({
      timeout: stallTimeout,
      grace: gracePeriod,
      silentSince: () => inFlight.size === 0 ? undefined : this.heard,
      stalled: (silence) => host.stalled(workerId, silence, inFlight.running(performance.now())),
      kill: (silence) =>
        worker.lost({ reason: `its event loop was blocked for ${Math.round(silence)} ms (stallTimeout)` }),
    });
    this.#overdue = new Overdue({
      ask: (wireId) => sender.ask(wireId),
      heard: () => this.heard,
      heldBy: () => this.loop.heldBy(),
      hasBegun: (task) => this.#hasBegun(task),
      find: (wireId) => inFlight.find(wireId),
    });
  }

  /** Whether the worker's loop may be blocked: it has not acknowledged an abort, or it has stalled. */
  get isInDoubt(): boolean {
    return this.#grace.isPending || this.#stall.isStalled;
  }

  /** Starts the watch for a stall, because the worker has tasks. */
  watch(): void {
    this.#stall.watch();
  }

  messageBegins(): void {
    this.heard = performance.now();
    this.#stall.heard();
  }

  /** Takes a task whose timeout has passed since it was sent. */
  overdue(task: Task): void {
    this.#overdue.add(task);
  }

  /** Takes a task whose body has ended. Returns the error with which it fails all the same, if it held the loop for too long. */
  outran(task: Task): TaskTimeoutError | undefined {
    return this.#overdue.outran(task);
  }

  /** Begins the grace period of a cancelled task's body, and announces an abort. */
  cancelled(body: Leftover): void {
    this.#grace.cancelled(body);
    this.#orders?.send();
  }

  /** Ends the grace period of a body that has ended. */
  released(body: Leftover): void {
    this.#grace.released(body);
  }

  aborted(): void {
    this.loop.turned();
    if (!this.#grace.isPending) return this.#worker.forged("it acknowledged an abort that it was not sent");
    this.#grace.acknowledged();
  }

  /** Takes the answer to the question how long a body has run, and how long any body has held the loop, in microseconds. */
  aged(id: number, micros: number, held: number | undefined): void {
    this.loop.turned();
    this.#overdue.told(id, micros / 1_000, held === undefined ? undefined : held / 1_000);
  }

  /** Called when tasks have left the worker. */
  freed(): void {
    this.#grace.check();
  }

  /** Whether the body of a task has been called; undefined if it is not known. */
  #hasBegun(task: Task): boolean | undefined {
    const id = this.loop.lastCalled();
    if (id === undefined) return this.loop.isShared ? false : undefined;
    return task.place <= this.#inFlight.begunUntil(id);
  }

  /** Orders the worker to start no more tasks, even if its loop does not turn. */
  giveUp(): void {
    this.#orders?.giveUp();
  }

  /** Ends the grace periods, because the worker has no tasks and is asked to close. */
  endGrace(): void {
    this.#grace.end();
  }

  /** Ends all limits, because the worker is given up. */
  end(): void {
    this.#grace.end();
    this.#stall.end();
    this.#overdue.end();
    this.giveUp();
  }
}
