/**
 * Sends records to one worker: tasks and orders. The target of tasks and the positions of inputs in their map are sent only when
 * they change.
 */

import type { WorkerChannel } from "../../backends/backend.ts";
import { toErrorData } from "../../wire/error_data.ts";
import { INPUTS, ToWorker, type ToWorkerRecord } from "../../wire/message.ts";
import { Outbox } from "../../wire/outbox.ts";
import type { Chunk } from "../tasks/chunk.ts";
import type { TaskTarget } from "../tasks/target_table.ts";
import type { Task } from "../tasks/task.ts";

export class Sender {
  readonly #outbox: Outbox<ToWorkerRecord>;
  /** Ids of the targets that the worker knows, by their numbers. */
  readonly #targetsSent = new Map<number, number>();
  /** The offset that was sent last: position of an input in its map, minus the number of its task. */
  #offset: number | undefined;
  #watches = false;

  /** @param onUnsendable called for a task whose input cannot be cloned */
  constructor(channel: WorkerChannel, onUnsendable: (id: number, error: unknown) => void) {
    this.#outbox = new Outbox<ToWorkerRecord>(
      channel,
      (id, kind, error) => {
        // The reason cannot cross to this worker. The abort must arrive all the same.
        if (kind === ToWorker.abort) return [kind, id, 0, toErrorData("a reason that cannot be cloned")];
        return void onUnsendable(id, error);
      },
      INPUTS,
    );
  }

  /** Posts the records that were collected. */
  flush(): void {
    this.#outbox.flush();
  }

  /** Adds a target, unless the worker knows it. */
  target({ number, id, spec }: TaskTarget): void {
    if (this.#targetsSent.get(number) === id) return;
    this.#targetsSent.set(number, id);
    this.#outbox.push([ToWorker.target, 0, number, spec]);
  }

  /** Asks the worker to measure how long bodies run, and to show which one holds its loop. */
  watchBodies(): void {
    if (this.#watches) return;
    this.#watches = true;
    this.#outbox.push([ToWorker.watch, 0, 0, undefined]);
  }

  run(task: Task): void {
    const { number } = task.target;
    const { transfer, onProgress } = task.options;
    const { stream, trace } = task.particulars;
    const { inputIndex } = task;
    if (task.attempt === 1 && !transfer && !onProgress && !stream && !trace) {
      this.#tellOffset(inputIndex === undefined ? undefined : inputIndex - task.wireId);
      this.#outbox.add(ToWorker.run, task.wireId, number, task.input);
      return;
    }
    const request = {
      input: task.input,
      taskId: task.id,
      attempt: task.attempt,
      progress: onProgress !== undefined,
      keep: transfer !== undefined,
      index: inputIndex,
      credit: stream?.credit,
      trace: trace?.start(task),
    };
    this.#outbox.push([ToWorker.runWith, task.wireId, number, request], transfer as Transferable[]);
  }

  runChunk({ tasks: { target, firstInput }, firstId, firstIndex, inputs }: Chunk): void {
    this.#tellOffset(firstInput === undefined ? undefined : firstInput + firstIndex - firstId);
    this.#outbox.addMany(firstId, target.number, inputs);
  }

  abort(wireId: number, reason: unknown): void {
    this.#post([ToWorker.abort, wireId, 0, toErrorData(reason)]);
  }

  /** Asks how long the body of a task has run. */
  ask(wireId: number): void {
    this.#post([ToWorker.ask, wireId, 0, undefined]);
  }

  /** Grants a stream this number of further values. */
  grant(wireId: number, credit: number): void {
    this.#post([ToWorker.credit, wireId, credit, undefined]);
  }

  /** Sets how many tasks may run at once. */
  concurrency(concurrency: number): void {
    this.#post([ToWorker.concurrency, 0, concurrency, undefined]);
  }

  /** Asks for the tasks that have not started. */
  recall(): void {
    this.#post([ToWorker.recall, 0, 0, undefined]);
  }

  /** Asks the worker to run `teardown` and to end. */
  close(): void {
    this.#post([ToWorker.close, 0, 0, undefined]);
  }

  /** Adds the offset of the inputs that follow, unless it is the last one. It is mostly the same for all inputs of a map. */
  #tellOffset(offset: number | undefined): void {
    if (offset === this.#offset) return;
    this.#offset = offset;
    this.#outbox.push([ToWorker.indexed, 0, offset ?? 0, offset !== undefined]);
  }

  #post(record: ToWorkerRecord): void {
    this.#outbox.push(record);
    this.#outbox.flush();
  }
}
