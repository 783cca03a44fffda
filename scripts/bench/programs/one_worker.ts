/** The shortest Deno program with a worker: starts it, sends one message, and ends after the answer. */

const worker = new Worker(new URL("./echo_worker.ts", import.meta.url), { type: "module" });
worker.onmessage = () => worker.terminate();
worker.postMessage(1);
