/**
 * Finds out whether a server talks Redis's protocol without TLS. To what begins as TLS it says nothing, so a client that wants
 * TLS would wait for ever.
 *
 * @module
 */

import { connect } from "node:net";

/** A server that talks TLS has answered by then, in milliseconds; a guess, and later costs nobody anything. */
const FIRST = 500;

/** How long a server may take to answer the question, in milliseconds. */
const PATIENCE = 2_000;

/** Resolves with true if the server at this address answers a PING that is not encrypted; with false once `signal` aborts. */
export async function talksPlainly(host: string, port: number, signal: AbortSignal): Promise<boolean> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, FIRST);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
  if (signal.aborted) return false;
  return await new Promise<boolean>((resolve) => {
    const socket = connect(port, host, () => socket.write("PING\r\n"));
    const answer = (plain: boolean) => {
      socket.destroy();
      resolve(plain);
    };
    socket.setTimeout(PATIENCE, () => answer(false));
    signal.addEventListener("abort", () => answer(false));
    socket.on("error", () => answer(false));
    socket.on("close", () => answer(false));
    // A user that has to name himself first is told so, in the same protocol.
    socket.once("data", (bytes) => answer(/^(\+PONG|-[A-Z]+ )/.test(bytes.toString("latin1"))));
  });
}
