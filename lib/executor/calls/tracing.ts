/**
 * A span of OpenTelemetry for each task that is started: from its first start until it settles, whatever comes between.
 * It is a child of the span in which the task was submitted, and what the body does is its child, on whatever worker:
 * `wire/telemetry.ts` sees to that.
 *
 * @module
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
import type { TargetSpec } from "../../wire/message.ts";
import { exceptionAttributes, statusOf, typeOf } from "./exception.ts";

/** OpenTelemetry's number for a status that is an error. */
const ERROR = 2;

/** What a span tells of its task. */
interface Traced {
  readonly id: number;
  readonly target: { spec: Pick<TargetSpec, "name" | "encoding"> };
  readonly input: unknown;
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
  readonly #keyOf: (taskId: number) => string;

  /** `keyOf` gives the key that the body of a task sees. */
  constructor(api: Telemetry, keyOf: (taskId: number) => string) {
    this.#api = api;
    this.#tracer = api.trace.getTracer("polyloop");
    this.#keyOf = keyOf;
  }

  /** None where nobody listens. */
  static find(keyOf: (taskId: number) => string): Tracing | undefined {
    const api = telemetry();
    return api && new Tracing(api, keyOf);
  }

  /** Where the program is now: what is submitted here belongs to that. */
  here(): TraceContext {
    return this.#api.context.active();
  }

  /** The trace of a task that was submitted there. `describe` says more of it, and is asked when the span begins. */
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
      "error.type": typeOf(error),
      ...exceptionAttributes(error),
    });
  }

  /** The task has settled. */
  settled({ attempt, workerId }: Traced, ok: boolean, value: unknown): void {
    if (!this.#begun) return;
    const { span } = this.#begun;
    span.setAttributes({ "polyloop.worker.id": workerId, "polyloop.attempts": attempt });
    if (!ok) fail(span, value);
    span.end();
  }
}

/** The span has failed, because of what was thrown. */
function fail(span: Span, thrown: unknown): void {
  span.setAttributes({ "error.type": typeOf(thrown) });
  // Not `recordException`, which makes nothing of an object that is no error, and of a code a type.
  span.addEvent("exception", exceptionAttributes(thrown));
  span.setStatus({ code: ERROR, message: statusOf(thrown) });
}
