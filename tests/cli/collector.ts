/** A collector of OpenTelemetry's, over OTLP/HTTP, on a free port of 127.0.0.1. */
import { Buffer } from "node:buffer";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createSocketServer, type Socket } from "node:net";
import { isDeno } from "../program.ts";

/** What a span or an event says of itself. */
type Attributes = Record<string, string | number>;

/** A span as it is exported. */
interface ExportedSpan {
  name: string;
  kind: number;
  traceId: string;
  spanId: string;
  parentSpanId: string;
  status: { code?: number; message?: string };
  attributes: Attribute[];
  events?: { name: string; attributes: Attribute[] }[];
}

interface Attribute {
  key: string;
  value: { stringValue?: string; intValue?: string | number; doubleValue?: number };
}

/** A span, with attributes that are easy to look at. */
export interface CollectedSpan extends Omit<ExportedSpan, "attributes" | "events"> {
  /** Who made it: polyloop, or what watches `fetch`. */
  scope: string;
  attributes: Attributes;
  events: { name: string; attributes: Attributes }[];
}

/** The environment by which this runtime exports to a collector, its workers included. */
function environment(url: string): Record<string, string> {
  return {
    ...(isDeno
      ? { OTEL_DENO: "true" }
      : { NODE_OPTIONS: `--import ${new URL("./otel_sdk.ts", import.meta.url).href}` }),
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_TRACES_SAMPLER: "parentbased_always_on",
    // What the tests themselves are called with must not count.
    TRACEPARENT: "",
    TRACESTATE: "",
    BAGGAGE: "",
  };
}

/** Collects spans, and answers everything else with the headers that say in which span it is asked for. */
export async function startCollector() {
  const spans: CollectedSpan[] = [];
  const server = createServer(async (request, response) => {
    const parts: Uint8Array[] = [];
    for await (const part of request) parts.push(part);
    if (request.url !== "/v1/traces") {
      const { traceparent, tracestate, baggage } = request.headers;
      return void response.end(JSON.stringify({ traceparent, tracestate, baggage }));
    }
    const { resourceSpans } = JSON.parse(new TextDecoder().decode(Buffer.concat(parts)));
    for (const { scopeSpans } of resourceSpans) {
      for (const { scope, spans: some } of scopeSpans) {
        for (const span of some) spans.push(collected(span, scope?.name));
      }
    }
    response.setHeader("content-type", "application/json").end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    /** In the order of their ends, as a rule. */
    spans,
    url,
    /** What makes a program export to it. */
    env: environment(url),
    /** Those that polyloop made. */
    get own(): CollectedSpan[] {
      return spans.filter(({ scope }) => scope === "polyloop");
    },
    /** Those of tasks, in the order of their inputs. */
    get tasks(): CollectedSpan[] {
      const index = ({ attributes }: CollectedSpan) => Number(attributes["polyloop.input.index"]);
      return this.own.filter(({ name }) => !name.startsWith("polyloop "))
        .sort((one, other) => index(one) - index(other));
    },
    /** The one of the run. */
    get run(): CollectedSpan {
      const runs = this.own.filter(({ name }) => name.startsWith("polyloop "));
      if (runs.length !== 1) throw new Error(`there are ${runs.length} spans of runs`);
      return runs[0];
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A collector that takes connections and never says a word. */
export async function startDeafCollector() {
  const open = new Set<Socket>();
  const server = createSocketServer((socket) => {
    open.add(socket);
    socket.on("error", () => {});
    socket.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    /** An exporter would wait for it longer than any test. */
    env: { ...environment(url), OTEL_EXPORTER_OTLP_TIMEOUT: "600000", OTEL_BSP_EXPORT_TIMEOUT: "600000" },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function collected({ attributes, events = [], ...span }: ExportedSpan, scope: string): CollectedSpan {
  return {
    ...span,
    scope,
    attributes: plain(attributes),
    events: events.map(({ name, attributes }) => ({ name, attributes: plain(attributes) })),
  };
}

function plain(attributes: Attribute[]): Attributes {
  return Object.fromEntries(attributes.map(({ key, value: { stringValue, intValue, doubleValue } }) => {
    return [key, stringValue ?? doubleValue ?? Number(intValue)];
  }));
}
