/** A local HTTP server that counts how many requests of a kind it has at once, and answers when it is told to. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Of which kind a request is. */
type KindOf = (request: IncomingMessage) => string;

/** One that runs. */
export class CountingServer {
  /** How many of each kind it had at once, at most. */
  readonly most = new Map<string, number>();
  readonly #now = new Map<string, number>();
  readonly #kindOf: KindOf;
  readonly #answer: (kind: string, server: CountingServer) => Promise<unknown> | unknown;
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  /** `answer` is waited for before a request of that kind is answered. */
  constructor(kindOf: KindOf, answer: (kind: string, server: CountingServer) => Promise<unknown> | unknown) {
    this.#kindOf = kindOf;
    this.#answer = answer;
  }

  /** Resolves with its port. */
  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  /** How many of a kind it has. */
  readonly now = (kind: string): number => this.#now.get(kind) ?? 0;

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const kind = this.#kindOf(request);
    const now = this.now(kind) + 1;
    this.#now.set(kind, now);
    this.most.set(kind, Math.max(this.most.get(kind) ?? 0, now));
    await this.#answer(kind, this);
    // Before the answer: the client that has it may send the next request.
    this.#now.set(kind, this.now(kind) - 1);
    response.end("ok");
  }
}

/** A local HTTP server that answers 200, or 429 with the `Retry-After` that it is told. */
export class LimitingServer {
  readonly #answer: (url: string) => Promise<number | string | void> | number | string | void;
  readonly #server = createServer(({ url }, response) => void this.#serve(url!, response));

  /** `answer` returns a request's `Retry-After`, if it is refused. */
  constructor(answer: (url: string) => Promise<number | string | void> | number | string | void) {
    this.#answer = answer;
  }

  /** Resolves with its port. */
  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(url: string, response: ServerResponse): Promise<void> {
    const retryAfter = await this.#answer(url);
    if (retryAfter !== undefined) response.writeHead(429, { "retry-after": String(retryAfter) });
    response.end("ok");
  }
}
