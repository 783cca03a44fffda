/**
 * Finds out whether a server uses Redis's protocol without TLS. Such a server never answers a client that begins with
 * TLS, and the client would wait until its timeout.
 */

import { connect } from "node:net";

/** Time before the probe, in milliseconds. A guess: most servers with TLS have answered by then, and are not probed. */
const FIRST = 500;

/** How long a server may take to answer the probe, in milliseconds. A guess. */
const PATIENCE = 2_000;

/** Resolves with true if the server answers an unencrypted PING; with false once `signal` aborts. */
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
    // A server that requires a password answers with an error in the same protocol.
    socket.once("data", (bytes) => answer(/^(\+PONG|-[A-Z]+ )/.test(bytes.toString("latin1"))));
  });
}
