/**
 * `polyloop worker --metrics`: a worker's figures over HTTP, as Prometheus asks for them, and whether it lives and takes inputs, as
 * Kubernetes asks.
 */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { TaskServer } from "../../distributed/server/task_server.ts";
import { systemReason, UserError } from "../user_error.ts";

interface MetricsEndpoint {
  address: string;
  close(): void;
}

type Asked = Pick<TaskServer, "metrics" | "isReady">;

/** The text of each path; undefined if the worker does not take inputs. */
const ANSWERS: Record<string, (server: Asked) => string | undefined | Promise<string>> = {
  "/metrics": (server) => server.metrics(),
  "/livez": () => "lives\n",
  "/readyz": ({ isReady }) => isReady ? "ready\n" : undefined,
};

/** Listens on the address. Without a host, listens on all addresses. @throws {UserError} if the address cannot be used */
export async function serveMetrics(
  { host, port }: { host?: string; port: number },
  server: Asked,
): Promise<MetricsEndpoint> {
  const http = createServer(async ({ url = "", method }, response) => {
    const path = url.split("?")[0];
    if (method !== "GET" || !Object.hasOwn(ANSWERS, path)) return response.writeHead(404).end();
    const text = await ANSWERS[path](server);
    if (text === undefined) return response.writeHead(503).end();
    response.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }).end(text);
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
