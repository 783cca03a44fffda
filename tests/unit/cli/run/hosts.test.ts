/** The two hosts of a run: an executor of this machine, and one over a broker. Both executors are plain event targets. */
import { expect, test } from "vitest";
import type { DistributedExecutor } from "../../../../lib/distributed/executor.ts";
import { Keeping } from "../../../../lib/distributed/runner/keeping.ts";
import type { Executor } from "../../../../lib/executor/executor.ts";
import { checkRunOptions, type RunOptions } from "../../../../lib/cli/flags/options.ts";
import { BrokerHost } from "../../../../lib/cli/run/broker_host.ts";
import type { HostListener } from "../../../../lib/cli/run/host.ts";
import { LocalHost } from "../../../../lib/cli/run/local_host.ts";

function optionsOf(flags: Record<string, unknown>) {
  return checkRunOptions({ module: "t.ts", ...flags });
}

/** A listener that notes what it hears. */
function listening(): { heard: unknown[]; listener: HostListener } {
  const heard: unknown[] = [];
  const listener: HostListener = {
    workerStarted: () => heard.push("workerStarted"),
    teardownFailed: (error) => heard.push(["teardownFailed", error]),
    paused: ({ key }) => heard.push(["paused", key]),
    limitsChanged: () => heard.push("limitsChanged"),
    giveUp: (line) => heard.push(["giveUp", line]),
  };
  return { heard, listener };
}

const event = (type: string, detail: unknown = {}) => new CustomEvent(type, { detail, cancelable: true });

const localHost = (flags: Record<string, unknown>, executor: object = {}) =>
  new LocalHost(executor as Executor, optionsOf(flags));

test("the window of a local host has room for four times its slots, and never less than 16,384 inputs", () => {
  expect(localHost({ workers: "2", concurrency: "8" }).window).toBe(16_384);
  expect(localHost({ workers: "64", concurrency: "100" }).window).toBe(4 * 6_400);
  expect(localHost({ workers: "64", concurrency: "10", batch: "50" }).window).toBe(4 * 32_000);
});

test("only worker processes count for the CPU time of the run", () => {
  expect(localHost({ workers: "3" }).processes).toBe(0);
  expect(localHost({ workers: "3", isolation: "process" }).processes).toBe(3);
});

test("a local host names the concurrency that was found only where somebody asked for it", () => {
  expect(localHost({ concurrency: "8" }, { concurrency: 8 }).settledConcurrency).toBeUndefined();
  expect(localHost({ concurrency: "auto" }, { concurrency: 32 }).settledConcurrency).toBe(32);
});

test("a local host reports starts and failures of teardown(), of which the executor then prints nothing", () => {
  const executor = Object.assign(new EventTarget(), { core: {} });
  const { heard, listener } = listening();
  const unwatch = localHost({}, executor).watch(listener);
  executor.dispatchEvent(event("workerstart"));
  const failed = event("teardownfailed", { error: "boom" });
  executor.dispatchEvent(failed);
  executor.dispatchEvent(event("pause", { key: 7, delay: 10 }));
  unwatch();
  expect(heard).toEqual(["workerStarted", ["teardownFailed", "boom"], ["paused", "7"]]);
  expect(failed.defaultPrevented).toBe(true);
});

test("a broker's host gives the run up when its executor fails, and lets the journal answer for results", () => {
  const keeping = new Keeping();
  const executor = Object.assign(new EventTarget(), { keeping });
  const { heard, listener } = listening();
  new BrokerHost(executor as unknown as DistributedExecutor, {} as RunOptions).watch(listener, {
    commit: () => void heard.push("commit"),
    keysOf: (first, count) => [`${first}+${count}`],
  });
  executor.dispatchEvent(event("failed", { error: new Error("the run was taken over") }));
  executor.dispatchEvent(event("pause", { key: 7, delay: 10 }));
  keeping.results!.commit();
  expect(heard).toEqual([["giveUp", "the run was taken over"], ["paused", "7"], "commit"]);
  expect(keeping.results!.keysOf(2, 3)).toEqual(["2+3"]);
});

test("the slots of far workers are known only over a broker", () => {
  const executor = { stats: () => ({ slots: 7 }) } as unknown as DistributedExecutor;
  expect(new BrokerHost(executor, {} as RunOptions).farSlots()).toBe(7);
  expect(localHost({}).farSlots()).toBeUndefined();
});
