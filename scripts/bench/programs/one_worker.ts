/** The shortest program of Deno with a worker: starts it, sends it one message, and ends with the answer. */

const worker = new Worker(new URL("./echo_worker.ts", import.meta.url), { type: "module" });
worker.onmessage = () => worker.terminate();
worker.postMessage(1);
