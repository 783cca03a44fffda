/**
 * OpenTelemetry, where it is on: what `@opentelemetry/api` (version 1) registers as a global of the realm, or Deno itself
 * under `OTEL_DENO=true`, as far as it is used here. Nothing is imported, so where it is off it is one look.
 *
 * @module
 */

/** What a span or an event says of itself. */
export type SpanAttributes = Record<string, string | number>;

/** What tells of one thing that happened. */
export interface Span {
  setAttributes(attributes: SpanAttributes): unknown;
  addEvent(name: string, attributes?: SpanAttributes): unknown;
  setStatus(status: { code: number; message?: string }): unknown;
  end(): void;
}

/** What is known of where the program is: among others, the span that it is in. */
export interface TraceContext {
  getValue(key: symbol): unknown;
  setValue(key: symbol, value: unknown): TraceContext;
}

/** What crosses to a worker of it: W3C's `traceparent`, and whatever else the program's propagator says. */
export type TraceCarrier = Record<string, string>;

/** The API of a realm. */
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

/** By which key a context has its span: `createContextKey` of the API makes it so. */
const SPAN = Symbol.for("OpenTelemetry Context Key SPAN");

/** The API, if all of it that is needed is there. */
export function telemetry(): Telemetry | undefined {
  const api = (globalThis as Record<symbol, Partial<Telemetry> | undefined>)[
    Symbol.for("opentelemetry.js.api.1")
  ];
  return api?.trace && api.context && api.propagation ? api as Telemetry : undefined;
}

/** The same context, but within this span. */
export function withSpan(context: TraceContext, span: Span): TraceContext {
  return context.setValue(SPAN, span);
}

/** What has to cross so that a worker is in this context. */
export function inject({ propagation }: Telemetry, context: TraceContext): TraceCarrier {
  const carrier: TraceCarrier = {};
  propagation.inject(context, carrier, {
    set: (carrier, key, value) => carrier[key] = value,
  });
  return carrier;
}

/** What has to cross so that others are where the program is now; nothing if it is nowhere. */
export function carrierHere(): TraceCarrier | undefined {
  const api = telemetry();
  const carrier = api && inject(api, api.context.active());
  return carrier && Object.keys(carrier).length > 0 ? carrier : undefined;
}

/** The context that a carrier stands for, within another context. */
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

/** The context outside of every task: a task that starts as another ends would be within that one. */
let outside: TraceContext | undefined;

/**
 * Calls back within a span that is elsewhere: a task's body within the span of the task, a chunk within the span of a
 * producer on another machine. What follows from the call, later too, is within that span. Only calls back where
 * OpenTelemetry is off in this realm.
 */
export function inTrace<T>(carrier: TraceCarrier, call: () => T): T {
  const api = telemetry();
  if (!api) return call();
  outside ??= api.context.active();
  return api.context.with(extract(api, outside, carrier), call);
}
