/** A whole run over a host that answers by itself: no worker, no process. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkRunOptions } from "../../../../lib/cli/flags/options.ts";
import { openRunInput } from "../../../../lib/cli/input/run_input.ts";
import { openOutputs } from "../../../../lib/cli/output/output_files.ts";
import type { Host, HostListener } from "../../../../lib/cli/run/host.ts";
import { runSession } from "../../../../lib/cli/run/session.ts";
import { ErrorText } from "../../../../lib/cli/task/error_text.ts";
import type { ModuleReference } from "../../../../lib/cli/task/module_reference.ts";
import { Lines, type Values } from "../../../../lib/wire/lines.ts";

const TASK = { attempt: 1, micros: 1_000, workerId: 1 };

let dir = "";
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), "polyloop-session-"))));
afterEach(() => rmSync(dir, { recursive: true }));

type Sink = Parameters<Host["feed"]>[1];

/** How a host ends one input. */
type Answer = (index: number, line: unknown, sink: Sink, listener: HostListener) => void;

/** A host that ends each input in the turn in which it arrives. */
function hostWith(answer: Answer): Host & { calls: string[] } {
  const calls: string[] = [];
  let count = 0;
  let listener: HostListener;
  const stats = { inFlight: 0, retries: 0, utilization: 0, succeeded: 0, failed: 0, workers: [], spent: {} };
  return {
    calls,
    workers: 1,
    processes: 0,
    window: 100,
    keysByContent: true,
    tellsRetries: true,
    concurrency: 1,
    settledConcurrency: undefined,
    batchFeed: () => Promise.reject(new Error("there is none")),
    stats: () => stats,
    farSlots: () => undefined,
    oldest: () => undefined,
    pressure: () => ({ limit: undefined, loops: { busy: 0, watched: 0 } }),
    limits: { settledRates: [], saved: () => ({ rates: [], opens: 0, keys: [] }) },
    watch(given) {
      listener = given;
      return () => calls.push("unwatch");
    },
    feed: (_task, sink) => ({
      push(inputs: Values) {
        for (let at = 0; at < inputs.length; at++) answer(count++, (inputs as Lines).at(at), sink, listener);
      },
      arrived() {},
      drain: () => calls.push("drain"),
      cancel: () => calls.push("cancel"),
      stop: () => Promise.resolve(),
    }),
    close: (options) => Promise.resolve(void calls.push(options?.timeout ? "close in time" : "close")),
    terminate: () => Promise.resolve(void calls.push("terminate")),
  };
}

/** Runs the lines; returns the exit code, the results, the failed inputs and what the host was told to do. */
async function runLines(lines: string, answer: Answer, flags: Record<string, unknown> = {}) {
  const paths = { input: [join(dir, "in")], output: join(dir, "out"), errors: join(dir, "failed") };
  writeFileSync(paths.input[0], lines);
  const options = checkRunOptions({ module: "t.ts", progress: "none", ...paths, ...flags });
  const reference = { url: "file:///t.ts", name: "t.ts", task: "default" } as ModuleReference;
  const host = hostWith(answer);
  const code = await runSession(host, {
    options,
    flags,
    reference,
    text: new ErrorText(reference),
    input: await openRunInput(options),
    files: await openOutputs(options),
  });
  const [results, failed] = [paths.output, paths.errors].map((path) => readFileSync(path, "utf8"));
  return { code, results, failed: failed.split("\n").filter(Boolean).map((line) => JSON.parse(line)), host };
}

const echo: Answer = (index, line, sink) => sink.settled(index, { ok: true, value: line, task: TASK });

test("every input succeeds: results in order, exit code 0, the host is closed", async () => {
  const { code, results, host } = await runLines("1\n2\n3\n", echo);
  expect({ code, results, calls: host.calls }).toEqual({
    code: 0,
    results: "1\n2\n3\n",
    calls: ["close", "unwatch"],
  });
});

test("results that come in another order are written in the order of the inputs", async () => {
  const { results } = await runLines("1\n2\n", (index, _line, sink) => {
    if (index === 0) return;
    for (const at of [1, 0]) sink.settled(at, { ok: true, value: `${at + 1}`, task: TASK });
  });
  expect(results).toBe("1\n2\n");
});

test("an input fails: it stands in the file of failed inputs with its line, exit code 1", async () => {
  const { code, results, failed } = await runLines("1\n2\n", (index, line, sink, listener) => {
    if (index === 0) return sink.settled(0, { ok: false, value: new Error("boom"), task: TASK });
    echo(index, line, sink, listener);
  });
  expect({ code, results }).toEqual({ code: 1, results: "2\n" });
  expect(failed).toMatchObject([{ index: 0, line: 1, input: 1, error: { message: "boom" }, attempts: 1 }]);
});

test("--halt drains the host, what has not started is left, exit code 3", async () => {
  const { code, host } = await runLines(
    "1\n2\n",
    (index, _line, sink) => sink.settled(index, { ok: false, value: new Error("boom"), task: TASK }),
    { halt: "1" },
  );
  expect(code).toBe(3);
  expect(host.calls).toContain("drain");
});

test("a host that cannot go on ends the run at once, exit code 4", async () => {
  const error = new Error("the broker has lost the run");
  const { code, host } = await runLines("1\n2\n", (index, _line, sink, { giveUp }) => {
    if (index === 0) giveUp(error.message);
    sink.settled(index, { ok: false, value: error });
  });
  expect(code).toBe(4);
  expect(host.calls).toEqual(["cancel", "terminate", "unwatch"]);
});
