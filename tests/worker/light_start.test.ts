/** What a worker loads before its first task. */
import { expect, test } from "vitest";
import { isDeno } from "../program.ts";

const ENTRY = new URL("../../lib/worker/entries/web.ts", import.meta.url).href;
const METER = new URL("../../lib/worker/lag_meter.ts", import.meta.url).href;
const INIT = {
  workerId: 1,
  position: 0,
  module: null,
  workerData: undefined,
  keySeed: "seed",
  concurrency: 1,
  perCore: 1,
  lagInterval: 250,
  announces: false,
  console: "stderr",
  hooks: true,
};

/** Counts reads of what Deno loads when it is read. The loop sets a timer while tasks run. */
const COUNTING = `
  const reads = [];
  for (const name of ["process", "setTimeout"]) {
    const { get } = Object.getOwnPropertyDescriptor(globalThis, name);
    Object.defineProperty(globalThis, name, { configurable: true, get: () => (reads.push(name), get.call(globalThis)) });
  }
  const { port1, port2 } = new MessageChannel();
  addEventListener("message", () => port2.postMessage("next turn"));
  port1.onmessage = () => postMessage(reads);
  await import(${JSON.stringify(ENTRY)});
  const { LagMeter } = await import(${JSON.stringify(METER)});
  const meter = new LagMeter(250, () => {});
  meter.watch();
  meter.stop();
  postMessage("loaded");`;

test.runIf(isDeno)(
  "a thread of Deno starts without node:process and node:timers, which take longer to load than a thread",
  async () => {
    const worker = new Worker(`data:text/javascript,${encodeURIComponent(COUNTING)}`, { type: "module" });
    const next = () => new Promise((resolve) => worker.onmessage = ({ data }) => resolve(data));
    await next();
    const { port1, port2 } = new MessageChannel();
    worker.postMessage({ port: port2, init: INIT }, [port2]);
    const reads = await next();
    worker.terminate();
    port1.close();
    expect(reads).toEqual([]);
  },
);
