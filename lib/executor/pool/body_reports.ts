/**
 * What the bodies on one worker report while they run: progress, sums, printed text, added inputs and yielded values. A report belongs
 * to the attempt of its body, whose task may have settled. So it is dropped or counted here, and never settles a task.
 */

import { type ErrorData, fromErrorData } from "../../wire/error_data.ts";
import { isOfValues, ROOM, unitsOf } from "../../wire/many.ts";
import type { Encoding } from "../../wire/encoding.ts";
import type { Printed } from "../../wire/message.ts";
import type { Task } from "../tasks/task.ts";
import type { PoolHost, TasksHost } from "./host.ts";
import type { Announcements } from "./announcements.ts";
import type { InFlight } from "./in_flight.ts";
import { Leftover } from "./leftover.ts";
import { mayAdd, NO_TEXT } from "./result_check.ts";
import { Recent } from "../basics/recent.ts";
import type { Sender } from "./sender.ts";

/** Number of tasks that have printed and are remembered, for what their bodies print after their end. A guess. */
const PRINTERS = 1_000;

type Printer = Pick<Task, "id" | "index" | "printed">;

const NOBODY: { [key in keyof Printer]: undefined } = { id: undefined, index: undefined, printed: undefined };

interface BodyReportsInit {
  inFlight: InFlight;
  sender: Sender;
  /** Undefined if there is no rate. */
  starts: Announcements | undefined;
  worker: TasksHost;
  host: PoolHost;
}

export class BodyReports {
  readonly #inFlight: InFlight;
  readonly #sender: Sender;
  readonly #starts: Announcements | undefined;
  readonly #worker: TasksHost;
  readonly #host: PoolHost;
  /** The last tasks that have printed, by their numbers on the worker. */
  readonly #printers = new Recent<number, Printer>(PRINTERS);

  constructor({ inFlight, sender, starts, worker, host }: BodyReportsInit) {
    this.#inFlight = inFlight;
    this.#sender = sender;
    this.#starts = starts;
    this.#worker = worker;
    this.#host = host;
  }

  progressed(id: number, value: unknown): void {
    try {
      this.#inFlight.task(id)?.options.onProgress?.(value);
    } catch (error) {
      // An error that the user's function throws is an unhandled error of the program.
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  /** Takes an amount that a body counts. It belongs to the attempt of that body, whose task may have settled. */
  counted(id: number, amount: number, name: string): void {
    const entry = this.#inFlight.find(id);
    if (!entry) return;
    if (!(entry instanceof Leftover)) entry.told.counts.add(name, amount);
    this.#host.counted(name, amount);
  }

  began(id: number, at: number, position: number): void {
    const task = this.#unsettled(id);
    if (!task) return;
    task.told.began = { at, position };
    task.particulars.start?.begun();
  }

  /** Takes what a body has printed. Its task may have settled. */
  printed(id: number, { stream, text }: Printed): void {
    const { workerId } = this.#inFlight;
    const { id: taskId, index, printed } = this.#inFlight.find(id) ?? this.#printers.get(id) ?? NOBODY;
    if (taskId !== undefined) this.#printers.set(id, { id: taskId, index, printed });
    if (printed?.({ workerId, stream, text })) return;
    this.#host.taskOutput({ workerId, taskId, index, stream, text });
  }

  /** Takes an input that a body hands in. It belongs to the attempt of that body. */
  added(id: number, input: unknown): void {
    const task = this.#unsettled(id);
    if (!task) return;
    const { encoding } = task.target.spec;
    if (!mayAdd(encoding, input)) {
      return this.#worker.forged("it handed in an input that its task cannot hand in");
    }
    const { told } = task;
    (told.added ??= []).push(input);
  }

  /** Takes the amount that a body has used, which may have outlived its task. */
  hasUsed(id: number, amount: number, name: string): void {
    const start = this.#starts?.running(id);
    if (start) return this.#host.hasUsed(start, name, amount);
    this.#unsettled(id)?.particulars.start?.used(name, amount);
  }

  /** Takes a value of a stream, or outputs of an input. */
  yielded(id: number, value: unknown): void {
    const task = this.#unsettled(id);
    if (!task) return;
    const { encoding } = task.target.spec;
    if (encoding?.each) return this.#yieldedOutputs(task, encoding, value);
    const { stream } = task.particulars;
    if (!stream) return this.#worker.forged("it yielded a value of a task that is no stream");
    if (!stream.onYield(value)) this.#worker.forged("it yielded more values than it was asked for");
  }

  #yieldedOutputs(task: Task, encoding: Encoding, outputs: unknown): void {
    const units = unitsOf(encoding, outputs);
    if (units === undefined || encoding.each?.held === Infinity) return this.#worker.forged(NO_TEXT);
    const room = task.particulars.outputRoom ?? (isOfValues(encoding) ? ROOM.value : ROOM.text);
    if (room <= 0) return this.#worker.forged("it yielded more outputs than it was asked for");
    const { wireId } = task;
    task.set({ outputRoom: room - units });
    task.yielded(outputs, () => {
      // The task may have ended, or may run elsewhere.
      if (this.#inFlight.task(wireId) !== task) return;
      task.set({ outputRoom: task.particulars.outputRoom! + units });
      this.#sender.grant(wireId, units);
    });
  }

  /** Takes the error of a value that a task yielded or told of its progress or handed in, and that cannot be sent. */
  broke(id: number, error: ErrorData): void {
    const task = this.#unsettled(id);
    if (!task) return;
    const { each, adds } = task.target.spec.encoding ?? {};
    if (!task.particulars.stream && !task.options.onProgress && !each && adds !== true) {
      return this.#worker.forged("a value failed that nobody reads");
    }
    task.cancel(fromErrorData(error));
  }

  /** The task with this number, if it has not settled. An input of a chunk becomes a task. */
  #unsettled(id: number): Task | undefined {
    const entry = this.#inFlight.find(id);
    return entry instanceof Leftover ? undefined : entry;
  }
}
