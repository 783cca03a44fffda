/** Sends every message back. A buffer is moved and not copied. */

type Post = (message: unknown, transfer: ArrayBuffer[]) => void;

const transfers = (message: unknown) => message instanceof ArrayBuffer ? [message] : [];

if ("Deno" in globalThis) {
  const scope = globalThis as unknown as { postMessage: Post; onmessage: (event: MessageEvent) => void };
  scope.onmessage = ({ data }) => scope.postMessage(data, transfers(data));
} else {
  const { parentPort } = await import("node:worker_threads");
  parentPort!.on("message", (data) => parentPort!.postMessage(data, transfers(data)));
}
