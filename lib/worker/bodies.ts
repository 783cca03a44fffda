/**
 * Calls the bodies of tasks, waits for their results, and replies. A task occupies a slot from the call of its body
 * until the body has ended, even if the task was aborted meanwhile.
 */

import { takeContent, takeKey } from "../wire/content_key.ts";
import { toErrorData } from "../wire/error_data.ts";
import { round } from "../wire/intrinsics.ts";
import { ToCaller } from "../wire/message.ts";
import type { BodyClock } from "./body_clock.ts";
import { type ContextHost, RunningTask } from "./running_task.ts";
import { type AnyIterator, type GeneratorRun, StreamPump } from "./generator.ts";
import type { LagMeter } from "./lag_meter.ts";
import type { LoopClock } from "./loop_clock.ts";
import { type OutcomeHost, outcomeOf } from "./outcome.ts";
import { OutputPump } from "./output_pump.ts";
import { type Deferred, deferred, isThenable, now, whenSettled } from "./realm.ts";
import type { Replies } from "./replies.ts";
import { RunningTasks, type Slot, type SlotHost } from "./running_tasks.ts";
import type { Target } from "./target.ts";
import type { Targets } from "./targets.ts";
import type { TaskOutput } from "./task_output.ts";
import type { Turn } from "./turns.ts";
import type { WaitingTask } from "./waiting_tasks.ts";

const { Promise, DOMException } = globalThis;
const { now: timeNow } = Date;

export interface BodiesInit {
  worker: ContextHost;
  targets: Targets;
  replies: Replies;
  clock: LoopClock;
  lag: LagMeter;
  /** How to turn the event loop while a generator computes. */
  turn: Turn;
  /** Whether to announce each body to the caller before it begins. */
  announces: boolean;
  /** Takes what bodies print; undefined if they print by themselves. */
  output?: TaskOutput;
  /** Called when a slot has become free. */
  onFree: () => void;
}

export class Bodies implements SlotHost, OutcomeHost {
  readonly #init: BodiesInit;
  readonly #running = new RunningTasks(this);
  /** Measures the time of bodies. Undefined until the caller asks for it. */
  #times: BodyClock | undefined;
  #stopped = false;
  /** Resolves after {@link stop}, when the last body has ended. */
  #atRest: Deferred | undefined;

  constructor(init: BodiesInit) {
    this.#init = init;
  }

  /** Number of bodies that run. */
  get size(): number {
    return this.#running.size;
  }

  /** From now on, measures how long each body has run by itself. */
  measure(times: BodyClock): void {
    this.#times = times;
  }

  /** Returns the slot of the task with this number in messages. */
  find(wireId: number): (Slot & { task: RunningTask }) | undefined {
    return this.#running.find(wireId);
  }

  /** Whether a task still runs. */
  has(task: RunningTask): boolean {
    return this.#running.has(task);
  }

  /** Reports to the caller how long the body of a task has run. */
  tellAge(wireId: number): void {
    const slot = this.#running.find(wireId);
    const age = slot && this.#times?.age(slot);
    const own = round((age?.own ?? 0) * 1_000);
    this.#init.replies.add(ToCaller.age, wireId, own, age && round(age.wall * 1_000));
  }

  /** Aborts running bodies and starts no more. Resolves when the last body has ended. */
  stop(): Promise<void> {
    this.#stopped = true;
    const reason = new DOMException("The worker was stopped", "AbortError");
    this.#running.each(({ task, room }) => {
      RunningTask.abort(task, reason);
      room?.stop();
    });
    this.#atRest ??= deferred();
    if (this.#running.size === 0) this.#atRest.resolve();
    return this.#atRest.promise;
  }

  /** Calls the body of a task that has waited. */
  start({ id, target: targetNumber, input, request, index }: WaitingTask): void {
    const { worker, targets, replies, clock, lag, announces } = this.#init;
    const { found: target, error } = targets.get(targetNumber);
    if (target === undefined) return replies.add(ToCaller.fail, id, 0, error);
    const task = new RunningTask(worker, id, request, index);
    // The clock is read again, because the last reading may be older than this body.
    if (this.#times !== undefined) clock.read();
    const slot = this.#running.add(task, target, clock.time);
    lag.watch();
    if (target.timed) replies.tell(ToCaller.began, id, timeNow(), worker.position);
    if (request?.credit !== undefined) {
      slot.stream = this.#openStream(id, slot, request.credit);
      slot.room = slot.stream.room;
    }
    const calls = this.#times?.enter(slot, id);
    if (announces || calls !== undefined) replies.send(ToCaller.started, id, calls);
    if (this.#times === undefined) return this.#call(slot, task, input);
    // From here on, the caller may count this body as begun. If the worker was given up, the caller has not counted it,
    // and it must not begin.
    if (worker.isGivenUp()) return this.#free(slot);
    this.#call(slot, task, input);
    this.#times.leave(slot, slot.begun);
  }

  #call(slot: Slot, task: RunningTask, input: unknown): void {
    const { output } = this.#init;
    if (output === undefined || !(output.takesAll || slot.target.prints)) this.#callBody(slot, task, input);
    else this.#callPrinting(output, slot, task, input);
  }

  // Not in the method above, because memory for the function's variables would then be allocated for each task.
  #callPrinting(output: TaskOutput, slot: Slot, task: RunningTask, input: unknown): void {
    output.run(task, () => this.#callBody(slot, task, input));
  }

  #callBody(slot: Slot, task: RunningTask, input: unknown): void {
    const { target } = slot;
    let result: unknown;
    let waits: boolean;
    try {
      const bare = target.keyed === undefined ? input : withoutKey(task, input, target.keyed);
      // Not called as a method, because a task has no `this`, and the user's stack must not show a polyloop object.
      const { call, decode } = target;
      result = call(decode === undefined ? bare : decode(bare), task);
      waits = isThenable(result);
    } catch (error) {
      // A promise is one also if a task has replaced its `then` by a getter that throws.
      if (!(result instanceof Promise)) return this.failed(slot, error);
      waits = true;
    }
    if (!waits) return this.returned(slot, result);
    this.#wait(result as PromiseLike<unknown>, slot, slot.returned);
    this.#init.clock.count();
  }

  /** Waits for the promise that a body returned. An error that this throws is a failure of the body. */
  #wait(result: PromiseLike<unknown>, slot: Slot, onValue: (value: unknown) => void): void {
    try {
      whenSettled(result, onValue, slot.failed);
    } catch (error) {
      this.failed(slot, error);
    }
  }

  /** Takes the return value of a body. A generator runs on until it is exhausted. */
  returned(slot: Slot, result: unknown): void {
    let outcome: unknown;
    try {
      outcome = outcomeOf(result, slot, this);
    } catch (error) {
      return this.failed(slot, error);
    }
    if (!(outcome instanceof Promise)) return this.#finish(slot, ToCaller.done, outcome);
    this.#wait(outcome, slot, (value) => this.#finish(slot, ToCaller.done, value));
  }

  /** Takes the error that a body threw. */
  failed(slot: Slot, error: unknown): void {
    this.#finish(slot, ToCaller.fail, toErrorData(error));
  }

  #openStream(id: number, slot: Slot, credit: number): StreamPump {
    const task = slot.task!;
    const { replies } = this.#init;
    const send = (value: unknown) =>
      replies.send(ToCaller.yield, id, value, RunningTask.takeTransferList(task));
    return new StreamPump(credit, send, this.runOf(slot));
  }

  /** Opens the pump of a generator whose values are outputs of their own. */
  openOutputs(slot: Slot, encode: ((value: unknown) => unknown) | undefined): OutputPump {
    const task = slot.task!;
    const { replies } = this.#init;
    const pump = new OutputPump({
      ...this.runOf(slot),
      each: slot.target.each!,
      encode,
      send: (outputs, time) =>
        replies.addOutputs(RunningTask.wireId(task), outputs, RunningTask.takeTransferList(task), time),
      leavesAtOnce: (time) => replies.leaveAtOnce(time),
      isAborted: () => RunningTask.isAborted(task),
      waits: () => this.#times?.pause(slot) ?? (() => {}),
    });
    if (this.#stopped || RunningTask.isAborted(task)) pump.room.stop();
    slot.room = pump.room;
    return pump;
  }

  /**
   * Returns how to run the generator of a slot's task. If bodies are measured, each step of the generator counts as a
   * call of the body.
   */
  runOf(slot: Slot): GeneratorRun {
    return {
      turn: this.#init.turn,
      next: (generator: AnyIterator) => {
        if (!this.#times || !slot.task) return generator.next();
        const since = now();
        this.#times.enterAgain(RunningTask.wireId(slot.task), since);
        try {
          return generator.next();
        } finally {
          this.#times.leave(slot, since);
        }
      },
    };
  }

  /** Replies and frees the slot. Every started task ends here and nowhere else. */
  #finish(slot: Slot, kind: typeof ToCaller.done | typeof ToCaller.fail, value: unknown): void {
    const { replies, clock, onFree } = this.#init;
    const { begun } = slot;
    const task = slot.task!;
    clock.countEnd();
    this.#free(slot);
    if (this.#stopped) return;
    const transfer = kind === ToCaller.done ? RunningTask.takeTransferList(task) : undefined;
    replies.addOutcome(kind, RunningTask.wireId(task), round((clock.time - begun) * 1000), value, transfer);
    onFree();
  }

  #free(slot: Slot): void {
    this.#running.free(slot);
    if (this.#running.size > 0) return;
    this.#init.lag.rest();
    this.#atRest?.resolve();
  }
}

/**
 * Returns the input without its key or occurrence. Passes the key, or the content that it is made from, to the task.
 */
function withoutKey(task: RunningTask, input: unknown, keyed: Target["keyed"]): unknown {
  if (keyed === "content") {
    // Bytes are not valid text, and the input fails for that reason later.
    if (typeof input !== "string") return input;
    RunningTask.setSent(task, input);
    return takeContent(input).text;
  }
  const { key, rest } = takeKey(input as string | Uint8Array);
  RunningTask.setKey(task, key);
  return rest;
}
