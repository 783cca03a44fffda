/** OTEL_DENO=true: what Deno itself exports of a run, as a collector over OTLP/HTTP receives it. */
import { expect, test } from "vitest";
import { isDeno } from "../program.ts";
import { startCollector } from "./collector.ts";
import { folder, polyloop } from "./polyloop.ts";

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
    const args = ["run", "tasks.ts#page", "-A", "-i", "in.jsonl", "-j", "2", "--isolation", isolation];
    const { code, stdout } = await polyloop(args, { cwd: home.path, env: collector.env });
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

test.runIf(isDeno)("TRACEPARENT is the span that those of the tasks are children of", async () => {
  await using collector = await startCollector();
  const [traceId, spanId] = ["0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"];
  const env = { ...collector.env, TRACEPARENT: `00-${traceId}-${spanId}-01` };
  const { code } = await polyloop(["run", "-e", "x => x", "-j", "1"], { stdin: "1\n2\n", env });
  expect(code).toBe(0);
  const tasks = collector.spans.filter(({ scope }) => scope === "polyloop");
  expect(tasks).toMatchObject([{ traceId, parentSpanId: spanId }, { traceId, parentSpanId: spanId }]);
});
