/**
 * Makes an OpenTelemetry span for each task that starts. The span lasts from the task's first start until it settles, over all
 * attempts. It is a child of the span that was active when the task was handed in. Spans that the body makes are its children, on
 * any worker (`wire/telemetry.ts`).
 */

import {
  inject,
  type Span,
  type SpanAttributes,
  type Telemetry,
  telemetry,
  type TraceCarrier,
  type TraceContext,
  withSpan,
} from "../../wire/telemetry.ts";
import { keyOfInput } from "../../wire/content_key.ts";
import type { TargetSpec } from "../../wire/encoding.ts";
import { exceptionAttributes, statusOf, typeOf } from "./exception.ts";

/** OpenTelemetry's number for a status that is an error. */
const ERROR = 2;

/** The facts of a task that its span has. */
interface Traced {
  readonly id: number;
  readonly target: { spec: Pick<TargetSpec, "name" | "encoding"> };
  readonly input: unknown;
  readonly attempt: number;
  readonly workerId: number;
}

/** The span of a task, and its context as it is sent to a worker. */
interface Begun {
  span: Span;
  carrier: TraceCarrier;
}

export class Tracing {
  readonly #api: Telemetry;
  readonly #tracer: ReturnType<Telemetry["trace"]["getTracer"]>;
  readonly #keyOf: (taskId: number) => string;

  /** @param keyOf returns the key that the body of a task sees */
  constructor(api: Telemetry, keyOf: (taskId: number) => string) {
    this.#api = api;
    this.#tracer = api.trace.getTracer("polyloop");
    this.#keyOf = keyOf;
  }

  /** The tracing of an executor; undefined if OpenTelemetry is off. */
  static find(keyOf: (taskId: number) => string): Tracing | undefined {
    const api = telemetry();
    return api && new Tracing(api, keyOf);
  }

  /** The present trace context: the parent of tasks that are handed in now. */
  here(): TraceContext {
    return this.#api.context.active();
  }

  /**
   * The trace of one task.
   *
   * @param context the trace context in which the task was handed in
   * @param describe returns further attributes; called when the span begins
   */
  of(context: TraceContext, describe?: () => SpanAttributes): TaskTrace {
    return new TaskTrace(({ id, input, target: { spec } }) => {
      const attributes = {
        "code.function.name": spec.name,
        "polyloop.task.id": id,
        "polyloop.task.key": keyOfInput(input, spec.encoding) ?? this.#keyOf(id),
        ...describe?.(),
      };
      const span = this.#tracer.startSpan(spec.name, { attributes }, context);
      return { span, carrier: inject(this.#api, withSpan(context, span)) };
    });
  }
}

export class TaskTrace {
  readonly #begin: (task: Traced) => Begun;
  #begun: Begun | undefined;

  constructor(begin: (task: Traced) => Begun) {
    this.#begin = begin;
  }

  /** Begins the span, if it has not begun. Returns its context, which is sent with the task. */
  start(task: Traced): TraceCarrier {
    this.#begun ??= this.#begin(task);
    return this.#begun.carrier;
  }

  /** Adds an event for an attempt that has failed and is followed by another. */
  retried({ attempt, workerId }: Traced, error: unknown): void {
    this.#begun?.span.addEvent("attempt failed", {
      "polyloop.attempt": attempt,
      "polyloop.worker.id": workerId,
      "error.type": typeOf(error),
      ...exceptionAttributes(error),
    });
  }

  /** Ends the span, because the task has settled. */
  settled({ attempt, workerId }: Traced, ok: boolean, value: unknown): void {
    if (!this.#begun) return;
    const { span } = this.#begun;
    span.setAttributes({ "polyloop.worker.id": workerId, "polyloop.attempts": attempt });
    if (!ok) fail(span, value);
    span.end();
  }
}

function fail(span: Span, thrown: unknown): void {
  span.setAttributes({ "error.type": typeOf(thrown) });
  // Not by `recordException`, which ignores objects that are no errors, and takes an error's code for its type.
  span.addEvent("exception", exceptionAttributes(thrown));
  span.setStatus({ code: ERROR, message: statusOf(thrown) });
}
