/**
 * A span of OpenTelemetry for each task that is started: from its first start until it settles, whatever comes between.
 * It is a child of the span in which the task was submitted, and what the body does is its child, on whatever worker:
 * `wire/in_trace.ts` sees to that.
 *
 * @module
 */

import {
  inject,
  type Span,
  type Telemetry,
  telemetry,
  type TraceCarrier,
  type TraceContext,
  withSpan,
} from "../wire/telemetry.ts";

/** OpenTelemetry's number for a status that is an error. */
const ERROR = 2;

/** What a span tells of its task. */
interface Traced {
  readonly id: number;
  readonly target: { spec: { name: string } };
  readonly attempt: number;
  readonly workerId: number;
}

/** The span of a task, and what goes with it to a worker. */
interface Begun {
  span: Span;
  carrier: TraceCarrier;
}

/** Makes spans. */
export class Tracing {
  readonly #api: Telemetry;
  readonly #tracer: ReturnType<Telemetry["trace"]["getTracer"]>;

  constructor(api: Telemetry) {
    this.#api = api;
    this.#tracer = api.trace.getTracer("polyloop");
  }

  /** None where nobody listens. */
  static find(): Tracing | undefined {
    const api = telemetry();
    return api && new Tracing(api);
  }

  /** Where the program is now: what is submitted here belongs to that. */
  here(): TraceContext {
    return this.#api.context.active();
  }

  /** The trace of a task that was submitted there. */
  of(context: TraceContext): TaskTrace {
    return new TaskTrace(({ id, target: { spec } }) => {
      const attributes = { "polyloop.task.id": id };
      const span = this.#tracer.startSpan(spec.name, { attributes }, context);
      return { span, carrier: inject(this.#api, withSpan(context, span)) };
    });
  }
}

/** The span of one task, if it was started. */
export class TaskTrace {
  readonly #begin: (task: Traced) => Begun;
  #begun: Begun | undefined;

  constructor(begin: (task: Traced) => Begun) {
    this.#begin = begin;
  }

  /** The task is sent to a worker; returns what goes with it. */
  start(task: Traced): TraceCarrier {
    this.#begun ??= this.#begin(task);
    return this.#begun.carrier;
  }

  /** An attempt failed, and another will follow. */
  retried({ attempt, workerId }: Traced, error: unknown): void {
    this.#begun?.span.addEvent("attempt failed", {
      "polyloop.attempt": attempt,
      "polyloop.worker.id": workerId,
      "exception.message": text(error),
    });
  }

  /** The task has settled. */
  settled({ attempt, workerId }: Traced, ok: boolean, value: unknown): void {
    if (!this.#begun) return;
    const { span } = this.#begun;
    span.setAttribute("polyloop.worker.id", workerId);
    span.setAttribute("polyloop.attempts", attempt);
    if (!ok) {
      span.recordException(value instanceof Error ? value : text(value));
      span.setStatus({ code: ERROR, message: text(value) });
    }
    span.end();
  }
}

/** Whatever was thrown, as text. */
function text(value: unknown): string {
  try {
    return String(value);
  } catch {
    return typeof value;
  }
}
