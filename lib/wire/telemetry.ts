/**
 * The parts of OpenTelemetry that polyloop uses, if it is on: the global that `@opentelemetry/api` (version 1) or Deno (with
 * `OTEL_DENO=true`) registers in the realm. Nothing is imported, so without OpenTelemetry the cost is one property access.
 */

export type SpanAttributes = Record<string, string | number>;

export interface Span {
  setAttributes(attributes: SpanAttributes): unknown;
  addEvent(name: string, attributes?: SpanAttributes): unknown;
  setStatus(status: { code: number; message?: string }): unknown;
  end(): void;
}

/** The API's context, which contains the current span. */
export interface TraceContext {
  getValue(key: symbol): unknown;
  setValue(key: symbol, value: unknown): TraceContext;
}

/** The part of a context that is sent to a worker: the W3C `traceparent`, and the other fields of the program's propagator. */
export type TraceCarrier = Record<string, string>;

export interface Telemetry {
  trace: {
    getTracer(name: string): {
      startSpan(
        name: string,
        options: { attributes?: SpanAttributes },
        context: TraceContext,
      ): Span;
    };
  };
  context: {
    active(): TraceContext;
    with<T>(context: TraceContext, call: () => T): T;
  };
  propagation: {
    inject(
      context: TraceContext,
      carrier: TraceCarrier,
      setter: { set(carrier: TraceCarrier, key: string, value: string): void },
    ): void;
    extract(
      context: TraceContext,
      carrier: TraceCarrier,
      getter: {
        get(carrier: TraceCarrier, key: string): string | undefined;
        keys(carrier: TraceCarrier): string[];
      },
    ): TraceContext;
  };
}

/** The key of the span in a context, as the API's `createContextKey` makes it. */
const SPAN = Symbol.for("OpenTelemetry Context Key SPAN");

/** The key of the API. By no function that a task may replace: every worker looks for the API when it closes. */
export const API = Symbol.for("opentelemetry.js.api.1");

// A task may replace the name `globalThis`.
const realm = globalThis as Record<symbol, Partial<Telemetry> | undefined>;

/** Returns the API; undefined if a needed part of it is missing. */
export function telemetry(): Telemetry | undefined {
  const api = realm[API];
  return api?.trace && api.context && api.propagation ? api as Telemetry : undefined;
}

export function withSpan(context: TraceContext, span: Span): TraceContext {
  return context.setValue(SPAN, span);
}

/** Returns the carrier of a context, to be sent to a worker. */
export function inject({ propagation }: Telemetry, context: TraceContext): TraceCarrier {
  const carrier: TraceCarrier = {};
  propagation.inject(context, carrier, {
    set: (carrier, key, value) => carrier[key] = value,
  });
  return carrier;
}

/** Returns the carrier of the current context; undefined if it is empty. */
export function carrierHere(): TraceCarrier | undefined {
  const api = telemetry();
  const carrier = api && inject(api, api.context.active());
  return carrier && Object.keys(carrier).length > 0 ? carrier : undefined;
}

/** Returns the context that a carrier describes, based on another context. */
function extract(
  { propagation }: Telemetry,
  context: TraceContext,
  carrier: TraceCarrier,
): TraceContext {
  return propagation.extract(context, carrier, {
    get: (carrier, key) => carrier[key],
    keys: (carrier) => Object.keys(carrier),
  });
}

/** The context outside of every task. Without it, a task that starts when another one ends would be in the span of that one. */
let outside: TraceContext | undefined;

/**
 * Calls back in the context of a carrier. For a task, this is the task's own span; for a chunk over a broker, it is the
 * span of the producer on another machine. Asynchronous work that follows from the call stays in that span. If
 * OpenTelemetry is off in this realm, only calls back.
 */
export function inTrace<T>(carrier: TraceCarrier, call: () => T): T {
  const api = telemetry();
  if (!api) return call();
  outside ??= api.context.active();
  return api.context.with(extract(api, outside, carrier), call);
}
