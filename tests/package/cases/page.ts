/** The cases in a page; the test calls them. */
/// <reference lib="dom" />
import { Executor } from "@polyloop/polyloop";
import { runAll, type Start } from "./cases.ts";

const start: Start = (options) =>
  new Executor(() => new Worker(new URL("./worker.ts", import.meta.url), { type: "module" }), {
    workers: 2,
    concurrency: 1,
    ...options,
  });

Object.assign(globalThis, { Executor, runAll: () => runAll(start) });
