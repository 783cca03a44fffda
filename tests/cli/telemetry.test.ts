/**
 * OpenTelemetry of a run, as a collector over OTLP/HTTP receives it: on Deno by OTEL_DENO=true, on Node by the SDK that
 * NODE_OPTIONS loads.
 */
import { expect, test } from "vitest";
import { type CollectedSpan, startCollector, startDeafCollector } from "./collector.ts";
import { isDeno } from "../program.ts";
import { folder, polyloop, RunningPolyloop } from "./polyloop.ts";

const ISOLATIONS = ["thread", "process", "none"];

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";

/** A module whose tasks ask the server at this URL. */
const pages = (url: string) =>
  `export async function page(path) {
    if (path === "/bad") throw new RangeError("bad");
    return await (await fetch("${url}" + path)).json();
  }
  export async function deaf(path) {
    const answer = await page(path);
    if (path === "/hangs") await new Promise(() => setInterval(() => {}, 1000));
    return answer;
  }
  export const key = (_, context) => context.key;
  export const keys = (inputs, context) => inputs.map(() => context.key);
  `;

const ids = (spans: CollectedSpan[]) => spans.map(({ spanId }) => spanId).sort();
const parents = (spans: CollectedSpan[]) => spans.map(({ parentSpanId }) => parentSpanId).sort();

test.each(ISOLATIONS)(
  'on "%s": a span of the run, in it one for each input, and in that what its task fetches',
  async (isolation) => {
    await using collector = await startCollector();
    using home = folder({
      "tasks.mjs": pages(collector.url),
      "in.jsonl": '"/1"\n\n"/bad"\n"/2"\n"/3"\n',
    });
    const args = ["run", "-A", "tasks.mjs#page", "-i", "in.jsonl", "-j", "2", "--isolation", isolation];
    const { code, stdout } = await polyloop(args, { cwd: home.path, env: collector.env });
    expect(code).toBe(1);
    const { spans, run, tasks } = collector;
    expect(run).toMatchObject({
      name: "polyloop run",
      status: { code: 2, message: "failures" },
      attributes: {
        "polyloop.module": "tasks.mjs",
        "code.function.name": "page",
        "polyloop.isolation": isolation,
        "polyloop.inputs.read": 4,
        "polyloop.inputs.succeeded": 3,
        "polyloop.inputs.failed": 1,
        "polyloop.inputs.left": 0,
        "process.exit.code": 1,
        "error.type": "failures",
      },
    });
    expect(run.parentSpanId ?? "").toBe("");
    expect(tasks.map(({ name, parentSpanId }) => [name, parentSpanId])).toEqual(
      Array(4).fill(["page", run.spanId]),
    );
    expect(tasks.map(({ attributes }) => attributes)).toMatchObject([1, 3, 4, 5].map((line, index) => ({
      "polyloop.run.id": run.attributes["polyloop.run.id"],
      "polyloop.input.file": "in.jsonl",
      "polyloop.input.line": line,
      "polyloop.input.index": index,
      "polyloop.attempts": 1,
    })));
    expect(tasks.filter(({ status }) => status.code === 2).map(({ attributes }) => attributes["error.type"]))
      .toEqual(["RangeError"]);
    const fetches = spans.filter(({ kind, name }) => kind === 3 && name === "GET");
    expect(parents(fetches)).toEqual(ids(tasks.filter(({ status }) => status.code !== 2)));
    expect(new Set([...fetches, ...tasks].map(({ traceId }) => traceId))).toEqual(new Set([run.traceId]));
    // What a server is told leads there as well.
    const told = stdout.trim().split("\n").map((line) => JSON.parse(line).traceparent.split("-")[2]);
    expect(told.sort()).toEqual(ids(fetches));
  },
);

test.runIf(!isDeno)("the SDK is loaded in processes that have permissions, too", async () => {
  await using collector = await startCollector();
  using home = folder({ "tasks.mjs": pages(collector.url) });
  const granted = ["--isolation", "process", "--allow-net", "--allow-env", "--allow-sys"];
  const args = ["run", "tasks.mjs#page", ...granted, "--", "/1"];
  const { code, stderr } = await polyloop(args, { cwd: home.path, env: collector.env });
  expect(code, stderr).toBe(0);
  const [fetched] = collector.spans.filter(({ kind, name }) => kind === 3 && name === "GET");
  expect(fetched.parentSpanId).toBe(collector.tasks[0].spanId);
});

test("a run is a child of TRACEPARENT, and BAGGAGE reaches what its tasks call", async () => {
  await using collector = await startCollector();
  using home = folder({ "tasks.mjs": pages(collector.url) });
  const env = { ...collector.env, TRACEPARENT: `00-${TRACE}-${SPAN}-01`, BAGGAGE: "tenant=7" };
  const args = ["run", "-A", "tasks.mjs#page", "-j", "1", "--", "/1", "/2"];
  const { code, stdout } = await polyloop(args, { cwd: home.path, env });
  expect(code).toBe(0);
  expect(collector.run).toMatchObject({ traceId: TRACE, parentSpanId: SPAN });
  expect(new Set(collector.spans.map(({ traceId }) => traceId))).toEqual(new Set([TRACE]));
  const told = stdout.trim().split("\n").map((line) => JSON.parse(line).baggage);
  expect(told).toEqual(["tenant=7", "tenant=7"]);
});

test("a TRACEPARENT that is not sampled has nothing exported, and is handed on as such", async () => {
  await using collector = await startCollector();
  using home = folder({ "tasks.mjs": pages(collector.url) });
  const env = { ...collector.env, TRACEPARENT: `00-${TRACE}-${SPAN}-00` };
  const args = ["run", "-A", "tasks.mjs#page", "--", "/1"];
  const { code, stdout } = await polyloop(args, { cwd: home.path, env });
  expect(code).toBe(0);
  expect(JSON.parse(stdout).traceparent).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`));
  expect(collector.spans).toEqual([]);
});

test("what failed names its type and says what was thrown, in each attempt", async () => {
  await using collector = await startCollector();
  using home = folder({
    "tasks.mjs": `export function thrown(what, { attempt }) {
      if (attempt === 1) throw new TypeError("first");
      if (what === "object") throw { code: 42, why: ["x"] };
      if (what === "function") throw { code: 43, again() {} };
      if (what === "text") throw "plain";
      throw Object.assign(new Error("busy"), { name: "BusyError", code: "EBUSY" });
    }`,
    "in.txt": "object\nfunction\ntext\nerror\n",
  });
  const args = ["run", "tasks.mjs#thrown", "-i", "in.txt", "--from", "lines", "--retries", "1"];
  const { code } = await polyloop([...args, "--backoff", "1ms"], { cwd: home.path, env: collector.env });
  expect(code).toBe(1);
  const last = ({ attributes, events }: CollectedSpan) => [
    attributes["error.type"],
    events.at(-1)?.attributes["exception.type"],
    events.at(-1)?.attributes["exception.message"],
  ];
  expect(collector.tasks.map(last)).toEqual([
    ["Object", "Object", '{"code":42,"why":["x"]}'],
    ["Object", "Object", '{"code":43}'],
    ["string", "string", "plain"],
    ["BusyError", "BusyError", "busy"],
  ]);
  for (const { events, attributes } of collector.tasks) {
    expect(attributes["polyloop.attempts"]).toBe(2);
    expect(events.map(({ name }) => name)).toEqual(["attempt failed", "exception"]);
    expect(events[0].attributes).toMatchObject({
      "polyloop.attempt": 1,
      "exception.type": "TypeError",
      "exception.message": "first",
      "exception.stacktrace": expect.stringContaining("tasks.mjs:2"),
    });
  }
  expect(collector.run.attributes["polyloop.retries"]).toBe(4);
});

test("timeouts and lost workers have types of their own, and what was fetched before is not lost", async () => {
  await using collector = await startCollector();
  using home = folder({
    "tasks.mjs": pages(collector.url) + `
      import process from "node:process";
      export async function dies(path) {
        if (path === "/dies") process.kill(process.pid, "SIGKILL");
        return await deaf(path);
      }`,
  });
  const args = ["run", "-A", "tasks.mjs#dies", "-j", "1", "-c", "1", "--isolation", "process"];
  const limits = ["--timeout", "4s", "--grace", "3s", "--", "/hangs", "/dies"];
  const { code } = await polyloop([...args, ...limits], { cwd: home.path, env: collector.env });
  expect(code).toBe(1);
  const [hangs, dies] = collector.tasks;
  expect(hangs.attributes["error.type"]).toBe("TaskTimeoutError");
  expect(dies.attributes).toMatchObject({ "error.type": "WorkerLostError", "polyloop.attempts": 3 });
  expect(dies.events.map(({ name, attributes }) => [name, attributes["exception.type"]])).toEqual([
    ["attempt failed", "WorkerLostError"],
    ["attempt failed", "WorkerLostError"],
    ["exception", "WorkerLostError"],
  ]);
  // Its worker was killed, because the body went on. Deno exports as a process ends, and has no way to do so before.
  if (isDeno) return;
  const fetches = collector.spans.filter(({ kind, name }) => kind === 3 && name === "GET");
  expect(fetches.map(({ parentSpanId }) => parentSpanId)).toEqual([hangs.spanId]);
});

test.each([
  ["without a journal", ["#key"]],
  ["with a journal", ["#key", "--journal", "j"]],
  ["with --batch", ["#keys", "--batch", "2"]],
  ["with both", ["#keys", "--batch", "2", "--journal", "j"]],
])("polyloop.task.key is the key that the body sees, %s", async (_, [task, ...more]) => {
  await using collector = await startCollector();
  using home = folder({ "tasks.mjs": pages(""), "in.jsonl": "1\n2\n2\n" });
  const args = ["run", `tasks.mjs${task}`, "-i", "in.jsonl", "--to", "lines", ...more];
  const { code, stdout } = await polyloop(args, { cwd: home.path, env: collector.env });
  expect(code).toBe(0);
  const attributes = collector.tasks.map(({ attributes }) => attributes);
  expect(new Set(attributes.map(({ "polyloop.task.key": key }) => key))).toEqual(
    new Set(stdout.trim().split("\n")),
  );
  if (task === "#key") return;
  expect(attributes).toMatchObject([
    { "polyloop.input.index": 0, "polyloop.input.line": 1, "polyloop.batch.size": 2 },
    { "polyloop.input.index": 2, "polyloop.input.line": 3, "polyloop.batch.size": 1 },
  ]);
});

test("resume has a span of its own, and its tasks have the places that their inputs have now", async () => {
  await using collector = await startCollector();
  using home = folder({ "tasks.mjs": pages(collector.url), "in.jsonl": '"/1"\n"/bad"\n' });
  const options = { cwd: home.path, env: collector.env };
  const args = ["run", "-A", "tasks.mjs#page", "-i", "in.jsonl", "--journal", "j"];
  expect((await polyloop(args, options)).code).toBe(1);
  collector.spans.length = 0;
  using moved = folder({ "in.jsonl": '"/0"\n\n"/1"\n"/bad"\n' });
  const again = ["resume", "j", "--retry-failed", "-i", `${moved.path}/in.jsonl`];
  expect((await polyloop(again, options)).code).toBe(1);
  expect(collector.run).toMatchObject({
    name: "polyloop resume",
    attributes: {
      "polyloop.journal": "j",
      "polyloop.inputs.read": 3,
      "polyloop.inputs.succeeded": 1,
      "polyloop.inputs.failed": 1,
      "polyloop.inputs.succeeded_before": 1,
    },
  });
  expect(collector.tasks.map(({ attributes }) => attributes)).toMatchObject([
    { "polyloop.input.index": 0, "polyloop.input.line": 1 },
    { "polyloop.input.index": 2, "polyloop.input.line": 4 },
  ]);
});

test("a run that cannot begin has a span that says why", async () => {
  await using collector = await startCollector();
  using home = folder({ "tasks.mjs": "throw new Error('no config')" });
  const { code } = await polyloop(["run", "tasks.mjs", "--", "1"], { cwd: home.path, env: collector.env });
  expect(code).toBe(2);
  expect(collector.run.attributes).toMatchObject({ "process.exit.code": 2, "error.type": "nothingRan" });
  expect(collector.run.events[0].attributes["exception.message"]).toContain("no config");
});

test.each(ISOLATIONS)(
  'on "%s": a run that is left by the third signal is exported first',
  async (isolation) => {
    await using collector = await startCollector();
    using home = folder({ "tasks.mjs": pages(collector.url) });
    const args = [
      "run",
      "-A",
      "tasks.mjs#deaf",
      "--unordered",
      "--isolation",
      isolation,
      "--",
      "/1",
      "/hangs",
    ];
    const running = new RunningPolyloop(args, { cwd: home.path, env: collector.env });
    expect(await leave(running)).toMatchObject({ code: 130 });
    expect(collector.run.attributes).toMatchObject({
      "process.exit.code": 130,
      "error.type": "SIGINT",
      "polyloop.inputs.succeeded": 1,
      "polyloop.inputs.left": 1,
    });
    expect(collector.tasks.map(({ attributes }) => attributes["error.type"])).toEqual([
      undefined,
      "AbortError",
    ]);
  },
);

test("a run that its deadline ends is exported", async () => {
  await using collector = await startCollector();
  using home = folder({ "tasks.mjs": pages(collector.url) });
  const args = ["run", "-A", "tasks.mjs#deaf", "--deadline", "1s", "--grace", "100ms", "--", "/hangs"];
  const { code } = await polyloop(args, { cwd: home.path, env: collector.env });
  expect(code).toBe(124);
  expect(collector.run.attributes).toMatchObject({ "process.exit.code": 124, "error.type": "deadline" });
});

test.each(ISOLATIONS)('on "%s": a collector that does not answer holds up no end', async (isolation) => {
  await using collector = await startDeafCollector();
  const args = ["run", "-A", "-e", "x => { if (x === 2) throw new Error('two'); return x }", "-j", "2"];
  const more = ["--progress", "none", "--isolation", isolation];
  const { code, stdout, stderr } = await polyloop([...args, ...more], {
    stdin: "1\n2\n3\n",
    env: collector.env,
  });
  // The exit code is that of the run, and stdout is whole.
  expect([code, stdout]).toEqual([1, "1\n3\n"]);
  const [failure, trouble, ...others] = stderr.trim().split("\n");
  expect(failure).toContain("line 2: Error: two");
  expect(trouble).toContain("OpenTelemetry: some spans were not exported");
  expect(others).toEqual([]);
});

test("nor does it hold up the third signal", async () => {
  await using collector = await startDeafCollector();
  const hangs = "() => { console.log('hangs'); return new Promise(() => setInterval(() => {}, 1000)) }";
  const running = new RunningPolyloop(["run", "-e", hangs, "--", "1"], { env: collector.env });
  await running.says("hangs");
  expect(await leave(running, false)).toMatchObject({ code: 130 });
});

test("a dry run has a span, and none for tasks that it does not run", async () => {
  await using collector = await startCollector();
  const { code } = await polyloop(["run", "-e", "x => x", "--dry-run", "--", "1"], { env: collector.env });
  expect(code).toBe(0);
  expect(collector.spans.map(({ name }) => name)).toEqual(["polyloop run"]);
});

test("without OpenTelemetry in the environment nothing is exported", async () => {
  await using collector = await startCollector();
  const { OTEL_EXPORTER_OTLP_ENDPOINT } = collector.env;
  const { code } = await polyloop(["run", "-e", "x => x", "--", "1"], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT },
  });
  expect(code).toBe(0);
  expect(collector.spans).toEqual([]);
});

/** Ends a run by three signals, each once the one before was heard. */
async function leave(running: RunningPolyloop, hasResult = true) {
  running.stdin.end();
  if (hasResult) await running.says("traceparent");
  running.signal("SIGINT");
  await running.says("stopping");
  await running.signalAgain("SIGINT");
  await running.says("aborting");
  await running.signalAgain("SIGINT");
  return await running.ended;
}
