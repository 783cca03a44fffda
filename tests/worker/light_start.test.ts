/** What a worker loads before its first task. */
import { expect, test } from "vitest";
import { isDeno } from "../program.ts";

const ENTRY = new URL("../../lib/worker/entries/web.ts", import.meta.url).href;
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

/** Counts reads of `process`, which Deno loads when it is read. */
const COUNTING = `
  let reads = 0;
  const { get } = Object.getOwnPropertyDescriptor(globalThis, "process");
  Object.defineProperty(globalThis, "process", { configurable: true, get() { reads++; return get.call(globalThis); } });
  addEventListener("message", () => setTimeout(() => postMessage(reads)));
  await import(${JSON.stringify(ENTRY)});
  postMessage("loaded");`;

test.runIf(isDeno)(
  "a thread of Deno starts without node:process, which takes as long to load as a thread",
  async () => {
    const worker = new Worker(`data:text/javascript,${encodeURIComponent(COUNTING)}`, { type: "module" });
    const next = () => new Promise((resolve) => worker.onmessage = ({ data }) => resolve(data));
    await next();
    const { port1, port2 } = new MessageChannel();
    worker.postMessage({ port: port2, init: INIT }, [port2]);
    const reads = await next();
    worker.terminate();
    port1.close();
    expect(reads).toBe(0);
  },
);
