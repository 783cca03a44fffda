/** OTEL_DENO=true: what Deno itself exports of a run, as a collector over OTLP/HTTP receives it. */
import { Buffer } from "node:buffer";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { isDeno } from "../program.ts";
import { folder, polyloop } from "./polyloop.ts";

/** A span as it is exported. */
interface ExportedSpan {
  name: string;
  kind: number;
  traceId: string;
  spanId: string;
  parentSpanId: string;
  status: { code?: number };
  attributes: { key: string; value: Record<string, unknown> }[];
}

/** Collects spans, and answers everything else with its path. */
async function startCollector() {
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
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test.runIf(isDeno).each(["thread", "process", "none"])(
  'a span for each input on "%s", of which the fetch in its task is a child',
  async (isolation) => {
    await using collector = await startCollector();
    using home = folder({
      "tasks.ts": `export async function page(path) {
        if (path === "/bad") throw new Error("bad");
        return await (await fetch("${collector.url}" + path)).text();
      }`,
      "in.jsonl": '"/1"\n"/bad"\n"/2"\n"/3"\n',
    });
    const args = ["run", "tasks.ts#page", "-i", "in.jsonl", "-j", "2", "--isolation", isolation];
    const env = {
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_TRACES_SAMPLER: "always_on",
    };
    const { code, stdout } = await polyloop(args, { cwd: home.path, env });
    expect(code).toBe(1);
    const tasks = collector.spans.filter(({ scope }) => scope === "polyloop");
    const fetches = collector.spans.filter(({ kind, name }) => kind === 3 && name === "GET");
    expect(tasks.map(({ name }) => name)).toEqual(Array(4).fill("page"));
    expect(tasks.filter(({ status }) => status.code === 2)).toHaveLength(1);
    expect(fetches).toHaveLength(3);
    for (const { traceId, parentSpanId } of fetches) {
      expect(tasks.filter(({ spanId }) => spanId === parentSpanId).map(({ traceId }) => traceId)).toEqual([
        traceId,
      ]);
    }
    // What a server is told leads there as well.
    const told = stdout.trim().split("\n").map((line) => JSON.parse(line).split("-"));
    expect(told.map(([, trace, span]) => [trace, span]).sort()).toEqual(
      fetches.map(({ traceId, spanId }) => [traceId, spanId]).sort(),
    );
  },
);
