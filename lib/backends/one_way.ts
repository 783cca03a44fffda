/**
 * Makes the IPC channel of a worker's process one that only its parent speaks on. The runtime itself reads what comes by
 * it; on Node, `process.send({ cmd: "NODE_HANDLE_NACK" })` of a task, or bytes that are no message, throw in the parent's
 * event loop, where nothing can catch that.
 *
 * @module
 */

/** The part of node's `ChildProcess` that matters here. */
interface Child {
  connected: boolean;
  disconnect(): void;
  on(event: "exit", listener: () => void): void;
}

/** Stops reading what the process says by IPC. */
export function makeOneWay(child: Child): void {
  // The handle itself, because nothing public has it. Deno and Bun have no such thing, and do not throw.
  const handle = Object.getOwnPropertySymbols(child).find(({ description }) =>
    description === "kChannelHandle"
  );
  if (handle === undefined) return;
  (child as unknown as Record<symbol, { readStop?(): void } | undefined>)[handle]?.readStop?.();
  // That the other end is closed is read, too: the channel would keep this program alive.
  child.on("exit", () => {
    if (child.connected) child.disconnect();
  });
}
