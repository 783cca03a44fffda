/** A collector of OpenTelemetry's, over OTLP/HTTP, on a free port of 127.0.0.1. */
import { Buffer } from "node:buffer";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A span as it is exported. */
export interface ExportedSpan {
  name: string;
  kind: number;
  traceId: string;
  spanId: string;
  parentSpanId: string;
  status: { code?: number };
  attributes: { key: string; value: Record<string, unknown> }[];
}

/** Collects spans, and answers everything else with its path. */
export async function startCollector() {
  const spans: (ExportedSpan & { scope: string })[] = [];
  const server = createServer(async (request, response) => {
    const parts: Uint8Array[] = [];
    for await (const part of request) parts.push(part);
    if (request.url !== "/v1/traces") return void response.end(request.headers.traceparent);
    const { resourceSpans } = JSON.parse(new TextDecoder().decode(Buffer.concat(parts)));
    for (const { scopeSpans } of resourceSpans) {
      for (const { scope, spans: some } of scopeSpans) {
        for (const span of some) spans.push({ ...span, scope: scope?.name });
      }
    }
    response.setHeader("content-type", "application/json").end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    spans,
    url,
    /** What makes a Deno export to it. */
    env: {
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      OTEL_TRACES_SAMPLER: "always_on",
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
