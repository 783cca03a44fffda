/** `polyloop worker --metrics`: a worker's figures over HTTP, as Prometheus asks for them. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { TaskServer } from "../../distributed/server/task_server.ts";
import { systemReason, UserError } from "../user_error.ts";

/** An endpoint that listens. */
interface MetricsEndpoint {
  /** Host and port. */
  address: string;
  close(): void;
}

/**
 * Listens on the address. Without a host, listens on all addresses.
 *
 * @throws {UserError} if the address cannot be used
 */
export async function serveMetrics(
  { host, port }: { host?: string; port: number },
  server: Pick<TaskServer, "metrics">,
): Promise<MetricsEndpoint> {
  const http = createServer(async (request, response) => {
    const path = request.url?.split("?")[0];
    if (path !== "/metrics" || request.method !== "GET") return response.writeHead(404).end();
    try {
      const text = await server.metrics();
      response.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }).end(text);
    } catch {
      // The broker is away.
      response.writeHead(503).end();
    }
  });
  await new Promise<void>((resolve, reject) => {
    http.once("error", (error: NodeJS.ErrnoException) => {
      const reason = error.code === "EADDRINUSE" ? "the address is in use" : systemReason(error);
      reject(new UserError(`--metrics: cannot listen on ${host ?? ""}:${port}: ${reason}`));
    });
    http.listen(port, host, resolve);
  });
  const { address, family, port: given } = http.address() as AddressInfo;
  return {
    address: `${family === "IPv6" ? `[${address}]` : address}:${given}`,
    close: () => void http.close(),
  };
}
