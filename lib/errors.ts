/**
 * The errors that polyloop itself raises, one class per situation that a caller would tell apart.
 * Both sides of the boundary use this file; it imports nothing.
 *
 * @module
 */

/** The facts of a {@link WorkerLostError}. */
export interface WorkerLostDetails {
  /** The worker that was lost. */
  workerId: number;
  /** What is known of the reason, as a phrase: `"it exited"`, `"uncaught Error: boom"`. */
  reason: string;
  /** The error that ended the worker, where it had time to tell. */
  cause?: unknown;
  /** The code that it exited with, where that is known. */
  exitCode?: number;
  /** The signal that killed its process, where that is known: `"SIGKILL"`. */
  signal?: string;
}

/**
 * A worker ended while this task was on it: the task may or may not have had its effects.
 *
 * @example
 * ```ts
 * import { Executor, WorkerLostError } from "@polyloop/polyloop";
 *
 * await using executor = new Executor(null, { workers: 1, isolation: "process" });
 * const error = await executor.run(() => Deno.exit(99)).catch((error: unknown) => error);
 * if (!(error instanceof WorkerLostError) || error.exitCode !== 99) throw new Error("unexpected");
 * ```
 */
export class WorkerLostError extends Error {
  /** The name of the class, also where it was bundled. */
  override readonly name = "WorkerLostError";
  /** The worker that was lost. */
  readonly workerId: number;
  /** What is known of the reason. */
  readonly reason: string;
  /**
   * The code that the worker exited with: of a process, or what code in it handed to `process.exit` or `Deno.exit`. Undefined
   * where there is none (a signal killed it) or it is not known.
   */
  readonly exitCode: number | undefined;
  /** The signal that killed the worker's process: `"SIGKILL"`. Undefined where none did, or it is not known. */
  readonly signal: string | undefined;

  /** Made by the executor when a worker is gone. */
  constructor({ workerId, reason, cause, exitCode, signal }: WorkerLostDetails) {
    super(
      `Worker ${workerId} was lost: ${reason}`,
      cause === undefined ? undefined : { cause },
    );
    this.workerId = workerId;
    this.reason = reason;
    this.exitCode = exitCode;
    this.signal = signal;
  }
}

/** What a task that may not have run itself is told. */
const BLOCKED = ": it, or another task there, held its worker's event loop";

/** A task ran (`phase: "run"`) or waited (`phase: "queue"`) longer than it was allowed to. */
export class TaskTimeoutError extends Error {
  /** The name of the class, also where it was bundled. */
  override readonly name = "TaskTimeoutError";
  /** The task's name, as it was given. */
  readonly task: string;
  /** The limit that was passed, in milliseconds. */
  readonly timeout: number;
  /** What took too long: running, or waiting for a slot. */
  readonly phase: "run" | "queue";
  /** Whether its worker's event loop stood still: then it may be another task there that took the time. */
  readonly blocked: boolean;

  /** Made by the executor when the time is over. */
  constructor(task: string, timeout: number, phase: "run" | "queue", blocked = false) {
    super(
      phase === "run"
        ? `Task "${task}" timed out after ${timeout} ms${blocked ? BLOCKED : ""}`
        : `Task "${task}" found no free slot within ${timeout} ms`,
    );
    this.task = task;
    this.timeout = timeout;
    this.phase = phase;
    this.blocked = blocked;
  }
}

/** Which value could not cross. */
export type CloneDirection = "input" | "result" | "progress" | "workerData";

/** A task's input, its result or what it reports cannot cross to or from its worker, or would arrive changed. */
export class TaskCloneError extends Error {
  /** The name of the class, also where it was bundled. */
  override readonly name = "TaskCloneError";
  /** Which value it was. */
  readonly direction: CloneDirection;
  /** The part of it that cannot cross, as a program would write it: `input.headers`. */
  readonly path: string;

  /** Made where the value could not be copied; `cause` is what the runtime said, or what the value threw. */
  constructor(direction: CloneDirection, cause: unknown) {
    const known = cause instanceof MisfitError || cause instanceof UnwritableError;
    super(cloneMessage(direction, cause), { cause: cause instanceof MisfitError ? cause.cause : cause });
    this.direction = direction;
    this.path = direction + (known ? cause.place : "");
  }
}

/** What is known of a {@link MisfitError}. */
export interface MisfitDetails {
  /** Where in the value it is: `.headers`, or nothing for the value itself. */
  place: string;
  /** Words that follow the place: `is a Headers`. */
  what: string;
  /** What to send instead. */
  instead?: string;
  /** What the runtime said, or what the value threw when it was read. */
  cause?: unknown;
}

/** A part of a value would arrive changed, or cannot be cloned. Which value that was, a {@link TaskCloneError} says. */
export class MisfitError extends TypeError {
  /** Where in the value it is. */
  readonly place: string;
  /** What to send instead. */
  readonly instead: string | undefined;

  /** Made where the value was looked at. */
  constructor({ place, what, instead, cause }: MisfitDetails) {
    super(what, cause === undefined ? undefined : { cause });
    this.place = place;
    this.instead = instead;
  }
}

/** A value cannot be written in a text format. Its message is the whole sentence, so no error puts words before it. */
export class UnwritableError extends TypeError {
  /** Where in the value the trouble is: `.items[3]`. */
  readonly place: string;

  /** Made where the value was to be written. */
  constructor(message: string, { place = "", cause }: { place?: string; cause?: unknown } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.place = place;
  }
}

/** What a program does with a value, to tell it to do that with another. */
const VERBS: Record<CloneDirection, string> = {
  input: "Send",
  result: "Return",
  progress: "Report",
  workerData: "Pass",
};

function cloneMessage(direction: CloneDirection, cause: unknown): string {
  if (cause instanceof UnwritableError) return cause.message;
  const whose = direction === "workerData" ? "The executor's" : "The task's";
  const start = `${whose} ${direction} cannot be cloned: `;
  if (!(cause instanceof MisfitError)) {
    return start + (cause instanceof Error ? cause.message : String(cause));
  }
  const advice = cause.instead === undefined ? "" : `. ${VERBS[direction]} ${cause.instead} instead`;
  return `${start}${direction}${cause.place} ${cause.message}${advice}.`;
}

/** An input is not what its encoding says it is, or does not fit the module's schema. */
export class TaskInputError extends Error {
  /** The name of the class, also where it was bundled. */
  override readonly name = "TaskInputError";
}

/** The queue is full and `onFull` is `"reject"`. */
export class QueueFullError extends Error {
  /** The name of the class, also where it was bundled. */
  override readonly name = "QueueFullError";
  /** The limit: how many tasks may wait beyond those that the workers have slots for. */
  readonly maxQueue: number;

  /** Made by the executor when a task comes and the queue is full. */
  constructor(maxQueue: number) {
    super(
      `The queue is full: every slot is taken and ${maxQueue} ${
        maxQueue === 1 ? "task waits" : "tasks wait"
      } already (maxQueue)`,
    );
    this.maxQueue = maxQueue;
  }
}

/** The executor was closed or terminated; it runs no more tasks. */
export class ExecutorClosedError extends Error {
  /** The name of the class, also where it was bundled. */
  override readonly name = "ExecutorClosedError";

  /** Made by the executor for whatever is asked of it afterwards. */
  constructor(message = "The executor is closed and takes no more tasks") {
    super(message);
  }
}

/** The module has no task of this name. */
export class TaskNotFoundError extends Error {
  /** The name of the class, also where it was bundled. */
  override readonly name = "TaskNotFoundError";
  /** The name that was asked for. */
  readonly task: string;
  /** The module that was searched, as a URL. */
  readonly module: string;
  /** The tasks that the module does have. */
  readonly exports: string[];

  /** What the export of that name is, if the module has one: `a class, not a function`. */
  readonly found: string | undefined;

  /** Made by the worker that looked for the task. */
  constructor(task: string, module: string, exports: string[], found?: string) {
    super(
      (found === undefined
        ? `${module} has no function "${task}" to run; `
        : `${task} of ${module} is ${found}; `) +
        (exports.length > 0 ? `it exports ${exports.join(", ")}` : "it exports no function"),
    );
    this.task = task;
    this.module = module;
    this.exports = exports;
    this.found = found;
  }
}

/** The facts of a {@link PermissionsUnsupportedError}. */
export interface PermissionsUnsupportedDetails {
  /** The permissions that this runtime cannot deny, and that were not granted in full. */
  undeniable?: string[];
  /** The permissions that were granted as lists, where this runtime knows only all or nothing. */
  unlistable?: string[];
}

/** The permissions that were asked for cannot be enforced by this runtime, or not in this way. */
export class PermissionsUnsupportedError extends Error {
  /** The name of the class, also where it was bundled. */
  override readonly name = "PermissionsUnsupportedError";
  /** The permissions that this runtime cannot deny, and that were not granted in full. */
  readonly undeniable: string[];
  /** The permissions that were granted as lists, where this runtime knows only all or nothing. */
  readonly unlistable: string[];

  /** Made by the backend that cannot enforce what was asked. */
  constructor(message: string, { undeniable = [], unlistable = [] }: PermissionsUnsupportedDetails = {}) {
    super(message);
    this.undeniable = undeniable;
    this.unlistable = unlistable;
  }
}

/** The module could not be loaded, or its `setup` failed. `cause` is the original error. */
export class ModuleLoadError extends Error {
  /** The name of the class, also where it was bundled. */
  override readonly name = "ModuleLoadError";
  /** The module, as a URL. */
  readonly module: string;

  /** Made by the worker that could not load the module. */
  constructor(module: string, what: string, cause: unknown) {
    const why = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    super(`${what}: ${why}`, { cause });
    this.module = module;
  }
}
