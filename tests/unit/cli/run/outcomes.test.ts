/** Each way in which an input ends, and who hears of it. No worker, no file. */
import { expect, test } from "vitest";
import { ModuleLoadError } from "../../../../lib/errors.ts";
import { Outcomes, type OutcomesInit } from "../../../../lib/cli/run/outcomes.ts";
import { ErrorKinds } from "../../../../lib/cli/progress/error_kinds.ts";
import { RunSums } from "../../../../lib/cli/progress/run_sums.ts";
import { ErrorText } from "../../../../lib/cli/task/error_text.ts";
import { Lines } from "../../../../lib/wire/lines.ts";

const TASK = { attempt: 1, micros: 2_000, workerId: 7 };

/** Outcomes whose listeners note what they hear. */
function outcomesWith(more: Partial<OutcomesInit> & { journal?: boolean; report?: boolean } = {}) {
  const heard: unknown[] = [];
  const note = (what: string) => (...args: unknown[]) => void heard.push([what, ...args]);
  const drain = new AbortController();
  const abort = new AbortController();
  const tally = {
    ok: 0,
    failed: 0,
    stopped: 0,
    retries: 0,
    before: { ok: 0, failed: 0 },
    done: 0,
    ran: (ms: number) => ms,
    sums: new RunSums(),
  };
  const { journal, report, ...others } = more;
  const init: OutcomesInit = {
    options: { envelope: false, from: "jsonl" },
    reference: { name: "t.ts" },
    text: new ErrorText({ url: "file:///t.ts", name: "t.ts" } as never),
    places: { originOf: (index) => ({ index, number: index + 1, line: "{}", place: `line ${index + 1}` }) },
    clock: { now: () => 50, ran: (ms) => ms },
    tally,
    failures: { add: ({ place }, error) => note("shown")(place, String(error)) },
    kinds: { add() {} },
    retryKinds: { add() {} },
    host: { tellsRetries: true },
    stopping: {
      drain: drain.signal,
      abort: abort.signal,
      giveUp: note("giveUp"),
      countFailures: () => note("countFailures")(),
    },
    writer: {
      add: ({ index, value, error, before }) =>
        note("write")({ index, value, error: error?.message, ...(before && { before }) }) as undefined,
      addResults: ({ index, lines }) => note("writeBlock")(index, lines.toArray()) as undefined,
      addEarly: note("writeEarly") as () => undefined,
      retried: () => {},
      skip: note("skip"),
    },
    keepsErrors: true,
    say: note("say"),
    keeper: journal
      ? {
        countsAll: true,
        indexOf: (count) => count + 10,
        indexNow: (count) => count + 10,
        keep: ({ index, value }) => note("keep")(index, value),
        keepResults: (first, results, msOf) =>
          note("keepBlock")(
            first,
            results.toArray(),
            Array.from({ length: results.length }, (_, nth) => msOf(nth)),
          ),
      }
      : undefined,
    recorder: report
      ? {
        settled: ({ index, ok, workerId, at }) => note("record")({ index, ok, workerId, at }),
        tried: ({ index, workerId }) => note("tried")({ index, workerId }),
      }
      : undefined,
    ...others,
  };
  return { outcomes: new Outcomes(init), heard, tally, drain, abort };
}

const block = () => new Lines(new TextEncoder().encode("1\n2\n"), 2);

test("a block of results is written as it is, where nobody else listens", () => {
  const { outcomes, heard, tally } = outcomesWith();
  outcomes.succeeded(3, 10, block(), 7);
  expect(heard).toEqual([["writeBlock", 3, ["1", "2"]]]);
  expect(tally.ok).toBe(2);
});

test("a journal and a report hear of each result of a block, which is still written as one", () => {
  const { outcomes, heard } = outcomesWith({ report: true });
  outcomes.succeeded(0, [10, 1, 20], block(), 7);
  expect(heard).toEqual([
    ["record", { index: 0, ok: true, workerId: 7, at: 50 }],
    ["record", { index: 1, ok: true, workerId: 7, at: 50 }],
    ["writeBlock", 0, ["1", "2"]],
  ]);
  const kept = outcomesWith({ journal: true });
  kept.outcomes.succeeded(0, [1_000, 1, 2_000], block(), 7);
  expect(kept.heard).toEqual([["keepBlock", 0, ["1", "2"], [1, 2]], ["writeBlock", 0, ["1", "2"]]]);
});

test("with an envelope, each result is written alone", () => {
  const { outcomes, heard } = outcomesWith({ options: { envelope: true, from: "jsonl" } });
  outcomes.succeeded(0, 10, block(), 7);
  expect(heard).toEqual([
    ["write", { index: 0, value: "1", error: undefined }],
    ["write", { index: 1, value: "2", error: undefined }],
  ]);
});

test("an input that succeeded alone counts its retries, and their causes by kind", () => {
  const retryKinds = new ErrorKinds();
  const { outcomes, heard, tally } = outcomesWith({ report: true, retryKinds });
  outcomes.retried(0, TASK, new Error("busy 1"));
  outcomes.retried(0, TASK, new Error("busy 2"));
  expect(retryKinds.list()).toEqual([{ text: expect.stringContaining("Error: busy 1  ("), count: 2 }]);
  outcomes.settled(0, { ok: true, value: "1", task: { ...TASK, attempt: 3 } });
  expect(heard).toEqual([
    ["tried", { index: 0, workerId: 7 }],
    ["tried", { index: 0, workerId: 7 }],
    ["record", { index: 0, ok: true, workerId: 7, at: 50 }],
    ["write", { index: 0, value: "1", error: undefined }],
  ]);
  expect(tally).toMatchObject({ ok: 1, failed: 0, retries: 2 });
});

test("where retries are not told, the attempts of outcomes count them", () => {
  const { outcomes, tally } = outcomesWith({ host: { tellsRetries: false } });
  outcomes.settled(0, { ok: true, value: "1", task: { ...TASK, attempt: 3 } });
  expect(tally.retries).toBe(2);
});

test("a failed input is shown, counted for --halt, kept and written", () => {
  const { outcomes, heard, tally } = outcomesWith({ journal: true });
  outcomes.settled(0, { ok: false, value: new Error("boom"), task: TASK });
  expect(heard).toEqual([
    ["shown", "line 11", "Error: boom"],
    ["countFailures"],
    ["keep", 10, undefined],
    ["write", { index: 10, value: undefined, error: "boom" }],
  ]);
  expect(tally).toMatchObject({ ok: 0, failed: 1 });
});

test("an input that was not started because of a drain has no outcome", () => {
  const { outcomes, heard, tally, drain } = outcomesWith();
  drain.abort();
  outcomes.settled(0, { ok: false, value: drain.signal.reason });
  expect(heard).toEqual([]);
  expect(tally).toMatchObject({ failed: 0, stopped: 0 });
});

test("an aborted input is skipped in the output, and is no failure", () => {
  const { outcomes, heard, tally, abort } = outcomesWith();
  abort.abort();
  outcomes.settled(0, { ok: false, value: abort.signal.reason, task: TASK });
  expect(heard).toEqual([["skip", 0]]);
  expect(tally).toMatchObject({ failed: 0, stopped: 1 });
});

test("what fails of its own while the run is aborted is written, but not kept: a resume runs it again", () => {
  const { outcomes, heard, abort } = outcomesWith({ journal: true });
  abort.abort();
  outcomes.settled(0, { ok: false, value: new Error("socket closed"), task: TASK });
  expect(heard.map((call) => (call as unknown[])[0])).toEqual(["shown", "countFailures", "write"]);
});

test("when no worker can be started, the run gives up instead of failing every input", () => {
  const { outcomes, heard, tally } = outcomesWith();
  const error = new ModuleLoadError("file:///t.ts", "Cannot load t.ts", new Error("no such file"));
  outcomes.settled(0, { ok: false, value: error });
  const reason = expect.stringMatching(/^Cannot load t.ts: Error: no such file/);
  expect(heard).toEqual([["skip", 0], ["giveUp", reason]]);
  expect(tally.failed).toBe(0);
});

test("outcomes of an earlier session are written and counted apart", () => {
  const { outcomes, heard, tally } = outcomesWith({ journal: true });
  outcomes.earlier({ index: 0, attempts: 1, ms: 1, value: "1", error: undefined });
  expect(heard).toEqual([["write", { index: 0, value: "1", error: undefined, before: true }]]);
  expect(tally).toMatchObject({ ok: 0, before: { ok: 1, failed: 0 } });
});

test("a result that has no place in the output turns its success into a failure", () => {
  const { outcomes, heard, tally } = outcomesWith();
  outcomes.settled(0, { ok: true, value: "1", task: TASK });
  outcomes.misfit({ index: 0, attempts: 1, ms: 1, value: "1", error: undefined }, new Error("no column"));
  expect(heard.slice(1)).toEqual([["shown", "line 1", "Error: no column"], ["countFailures"]]);
  expect(tally).toMatchObject({ ok: 0, failed: 1 });
});
