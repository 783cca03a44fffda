/**
 * A server that computes in workers, so that its own loop stays free. It answers 503 at once if it is busy, cancels the
 * task of a client that disconnects, and exits after its last answer.
 *
 *     deno run -A tests/examples/recipes/server.ts 8080
 *     curl 'http://127.0.0.1:8080/primes?below=1000000'
 */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { Executor, QueueFullError, TaskTimeoutError } from "../../../mod.ts";

const executor = new Executor<typeof import("./primes.ts")>(new URL("./primes.ts", import.meta.url), {
  workers: 2,
  concurrency: 1, // it computes: a second one on the same core would only make both late
  maxQueue: 2, // a request after that is refused at once
  onFull: "reject",
  timeout: Number(process.env.TIME_LIMIT ?? 30_000),
});

const server = createServer((request, response) => void answer(request, response));
server.listen(Number(process.argv[2] ?? 8080), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});

process.once("SIGTERM", async () => {
  // No new connections. Open requests get their answer.
  await new Promise((resolve) => server.close(resolve));
  await executor.close();
  process.exit();
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
  if (pathname === "/health") return reply(response, 200, health());
  const below = Number(searchParams.get("below") ?? NaN);
  if (pathname !== "/primes") return reply(response, 404, { error: "there is /primes?below=N, and /health" });
  if (!Number.isSafeInteger(below)) return reply(response, 400, { error: "below must be a whole number" });

  const gone = new AbortController();
  response.on("close", () => gone.abort());
  try {
    reply(response, 200, {
      below,
      primes: await executor.run("countPrimes", below, { signal: gone.signal }),
    });
  } catch (error) {
    if (gone.signal.aborted) return;
    if (error instanceof QueueFullError) {
      return reply(response, 503, { error: "busy" }, { "retry-after": "1" });
    }
    if (error instanceof TaskTimeoutError) return reply(response, 504, { error: "that takes too long" });
    console.error(error);
    reply(response, 500, { error: "broken" });
  }
}

function health() {
  const { inFlight, pending, succeeded, failed } = executor.stats();
  return { inFlight, pending, succeeded, failed };
}

function reply(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
) {
  response.writeHead(status, { "content-type": "application/json", "connection": "close", ...headers });
  response.end(`${JSON.stringify(body)}\n`);
}
