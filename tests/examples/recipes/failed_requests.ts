/** Finds requests that failed in log files: each input is a file, and each output a request. */

import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";

/** A line of a log. */
interface Request {
  url: string;
  status: number;
}

/** Yields the requests that a log says the server failed. The log may be longer than memory. */
export async function* failedRequests(log: string): AsyncGenerator<Request & { log: string }> {
  for await (const line of createInterface({ input: createReadStream(log), crlfDelay: Infinity })) {
    const request = JSON.parse(line) as Request;
    if (request.status >= 500) yield { log, ...request };
  }
}
