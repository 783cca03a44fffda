/**
 * The errors of polyloop: one class for each situation that callers may need to tell apart. Caller and worker both use
 * this file, which imports nothing.
 */

const { hasOwn } = Object;

/** The facts of a {@link WorkerLostError}. */
export interface WorkerLostDetails {
  /** The number of the worker that was lost. */
  workerId: number;
  /** The reason as a phrase, as far as it is known: `"it exited"`, `"uncaught Error: boom"`. */
  reason: string;
  /** The error that ended the worker, if the worker could report it. */
  cause?: unknown;
  /** The exit code, if known. */
  exitCode?: number;
  /** The signal that killed its process, if known: `"SIGKILL"`. */
  signal?: string;
}

/**
 * A worker ended while this task was on it. The task may have had some, all or none of its effects.
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
  /** The name of the class. A bundler does not change it. */
  override readonly name = "WorkerLostError";
  /** The number of the worker that was lost. */
  readonly workerId: number;
  /** The reason as a phrase, as far as it is known. */
  readonly reason: string;
  /**
   * The exit code of the worker's process, or the code that user code passed to `process.exit` or `Deno.exit`. Undefined
   * if a signal killed the worker, or the code is not known.
   */
  readonly exitCode: number | undefined;
  /** The signal that killed the worker's process: `"SIGKILL"`. Undefined if no signal did, or it is not known. */
  readonly signal: string | undefined;

  /** Takes the facts of the loss. */
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

/** The end of the message if the worker's event loop was blocked. */
const BLOCKED = ": it, or another task there, held its worker's event loop";

/** A task ran longer than its `timeout` (`phase: "run"`), or waited longer than its `queueTimeout` (`phase: "queue"`). */
export class TaskTimeoutError extends Error {
  /** The name of the class. A bundler does not change it. */
  override readonly name = "TaskTimeoutError";
  /** The name of the task. */
  readonly task: string;
  /** The exceeded limit, in milliseconds. */
  readonly timeout: number;
  /** What took too long: `"run"` is running, `"queue"` is waiting for a slot. */
  readonly phase: "run" | "queue";
  /** Whether its worker's event loop was blocked. Then another task on that worker may have taken the time. */
  readonly blocked: boolean;

  /** Takes the task's name, the limit in milliseconds, and the phase. */
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

/** The kind of value that cannot be sent. */
export type CloneDirection = "input" | "result" | "progress" | "workerData";

/** An input, a result, a progress value or `workerData` cannot be sent, or would arrive changed. */
export class TaskCloneError extends Error {
  /** The name of the class. A bundler does not change it. */
  override readonly name = "TaskCloneError";
  /** The kind of value. */
  readonly direction: CloneDirection;
  /** The part of the value that cannot be sent, in the notation of a program: `input.headers`. */
  readonly path: string;

  /** Takes the kind of value. `cause` is the runtime's error, or the error that a part of the value threw. */
  constructor(direction: CloneDirection, cause: unknown) {
    const known = cause instanceof MisfitError || cause instanceof UnwritableError;
    super(cloneMessage(direction, cause), { cause: cause instanceof MisfitError ? cause.cause : cause });
    this.direction = direction;
    this.path = direction + (known ? cause.place : "");
  }
}

/** The facts of a {@link MisfitError}. */
interface MisfitDetails {
  /** The place of the part in the value: `.headers`; empty for the value itself. */
  place: string;
  /** The reason, in words that follow the place: `is a Headers`. */
  what: string;
  /** The value to send instead. */
  instead?: string;
  /** The runtime's error, or the error that the value threw when it was read. */
  cause?: unknown;
}

/** A part of a value would arrive changed, or cannot be cloned. It becomes the cause of a {@link TaskCloneError}. */
export class MisfitError extends TypeError {
  /** The place of the part in the value. */
  readonly place: string;
  /** The value to send instead. */
  readonly instead: string | undefined;

  /** Takes the facts of the part. */
  constructor(details: MisfitDetails) {
    // Only own properties are read, because a task may have added a getter that throws to all objects.
    super(details.what, { cause: hasOwn(details, "cause") ? details.cause : undefined });
    this.place = details.place;
    this.instead = hasOwn(details, "instead") ? details.instead : undefined;
  }
}

/** A value cannot be written in a text format. Its message is a complete sentence. */
export class UnwritableError extends TypeError {
  /** The place of the part that cannot be written: `.items[3]`. */
  readonly place: string;

  /** Takes the message as users see it. */
  constructor(message: string, details: { place?: string; cause?: unknown } = {}) {
    super(message, { cause: hasOwn(details, "cause") ? details.cause : undefined });
    this.place = hasOwn(details, "place") ? details.place ?? "" : "";
  }
}

/** The verb of the advice to use another value. */
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

/** An input is invalid in its format (such as JSON), or does not fit the module's schema. */
export class TaskInputError extends Error {
  /** The name of the class. A bundler does not change it. */
  override readonly name = "TaskInputError";
}

/** The queue is full and `onFull` is `"reject"`. */
export class QueueFullError extends Error {
  /** The name of the class. A bundler does not change it. */
  override readonly name = "QueueFullError";
  /** The limit: maximum number of tasks that wait for a slot. */
  readonly maxQueue: number;

  /** Takes the limit. */
  constructor(maxQueue: number) {
    super(
      `The queue is full: every slot is taken and ${maxQueue} ${
        maxQueue === 1 ? "task waits" : "tasks wait"
      } already (maxQueue)`,
    );
    this.maxQueue = maxQueue;
  }
}

/** The executor was closed or terminated, and runs no more tasks. */
export class ExecutorClosedError extends Error {
  /** The name of the class. A bundler does not change it. */
  override readonly name = "ExecutorClosedError";

  /** Takes the message as users see it. */
  constructor(message = "The executor is closed and takes no more tasks") {
    super(message);
  }
}

/** The module has no task with this name. */
export class TaskNotFoundError extends Error {
  /** The name of the class. A bundler does not change it. */
  override readonly name = "TaskNotFoundError";
  /** The name that was not found. */
  readonly task: string;
  /** The URL of the module. */
  readonly module: string;
  /** The names of the module's tasks. */
  readonly exports: string[];

  /** The kind of the export with this name, if there is one: `a class, not a function`. */
  readonly found: string | undefined;

  /** Takes the name, the module, the names of its tasks, and the kind of the export. */
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
  /** The permissions that this runtime cannot deny, and that were not fully granted. */
  undeniable?: string[];
  /** The permissions that were granted by lists, although this runtime cannot grant them by a list. */
  unlistable?: string[];
}

/** This runtime cannot enforce the requested permissions, or not with this isolation. */
export class PermissionsUnsupportedError extends Error {
  /** The name of the class. A bundler does not change it. */
  override readonly name = "PermissionsUnsupportedError";
  /** The permissions that this runtime cannot deny, and that were not fully granted. */
  readonly undeniable: string[];
  /** The permissions that were granted by lists, although this runtime cannot grant them by a list. */
  readonly unlistable: string[];

  /** Takes the message as users see it, and the permissions that cannot be enforced. */
  constructor(message: string, { undeniable = [], unlistable = [] }: PermissionsUnsupportedDetails = {}) {
    super(message);
    this.undeniable = undeniable;
    this.unlistable = unlistable;
  }
}

/** The module could not be loaded, or its `setup` failed. `cause` is the original error. */
export class ModuleLoadError extends Error {
  /** The name of the class. A bundler does not change it. */
  override readonly name = "ModuleLoadError";
  /** The URL of the module. */
  readonly module: string;

  /** Takes the module's URL, what failed, and the original error. */
  constructor(module: string, what: string, cause: unknown) {
    const why = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    super(`${what}: ${why}`, { cause });
    this.module = module;
  }
}
