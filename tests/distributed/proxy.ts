/** A proxy before a broker: it can be blocked, slowed down or cut, can double commands and change replies. */

import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { Buffer } from "node:buffer";
import { nameOf, RespStream } from "./resp.ts";

/** What a proxy changes. */
interface ProxyOptions {
  /** Changes what the server sends. */
  lie?: (bytes: Uint8Array) => Uint8Array;
  /** Whether each command is executed twice; the client gets the first reply. A transaction is doubled as a whole. */
  doubles?: boolean;
}

/** A port whose connections lead to another port. */
export class Proxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #blocked = false;
  /** The port that connections lead to from now on. */
  target: number;
  /** How long bytes are held back each way, in milliseconds. */
  delay = 0;
  /** Whether the server's replies are lost while connections stay: half-open, as after a router was restarted. */
  isDeaf = false;

  private constructor(server: Server, target: number) {
    this.#server = server;
    this.target = target;
  }

  static async start(target: number, lieOrOptions: ProxyOptions["lie"] | ProxyOptions = {}): Promise<Proxy> {
    const options = typeof lieOrOptions === "function" ? { lie: lieOrOptions } : lieOrOptions;
    const { lie = (bytes: Uint8Array) => bytes } = options;
    const server = createServer();
    const proxy = new Proxy(server, target);
    server.on("connection", (client) => {
      const upstream = connect(proxy.target, "127.0.0.1");
      for (const [socket, other] of [[client, upstream], [upstream, client]]) {
        proxy.#sockets.add(socket);
        if (proxy.#blocked) socket.pause();
        socket.on("error", () => {});
        socket.on("close", () => {
          proxy.#sockets.delete(socket);
          other.destroy();
        });
      }
      const later = [proxy.#delayed(), proxy.#delayed()];
      const toServer = (bytes: Uint8Array) => later[0](() => upstream.write(bytes));
      const toClient = (bytes: Uint8Array) => {
        if (!proxy.isDeaf) later[1](() => client.write(lie(bytes)));
      };
      const doubling = options.doubles ? new Doubling() : undefined;
      client.on("data", (bytes) => doubling ? doubling.commands(bytes).forEach(toServer) : toServer(bytes));
      upstream.on("data", (bytes) => doubling ? doubling.replies(bytes).forEach(toClient) : toClient(bytes));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Lets no byte through; connections stay, as when a cable is pulled. */
  block(): void {
    this.#blocked = true;
    for (const socket of this.#sockets) socket.pause();
  }

  /** Ends a block. */
  unblock(): void {
    this.#blocked = false;
    for (const socket of this.#sockets) socket.resume();
  }

  /** Ends all connections after what was sent by now, as a proxy does that is restarted. New connections work. */
  cut(): void {
    for (const socket of this.#sockets) socket.end();
  }

  [Symbol.dispose](): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Delays what goes one way. Its order stays, also when the delay changes. */
  #delayed(): (pass: () => void) => void {
    const waiting: (() => void)[] = [];
    return (pass) => {
      if (this.delay === 0 && waiting.length === 0) return pass();
      waiting.push(pass);
      setTimeout(() => waiting.shift()!(), this.delay);
    };
  }
}

/** Doubles the commands of one connection. */
class Doubling {
  readonly #fromClient = new RespStream();
  readonly #fromServer = new RespStream();
  /** A transaction that has begun. */
  #transaction: Buffer[] | undefined;
  /** Whether the client gets the reply, for each that is to come. */
  readonly #isWanted: boolean[] = [];

  commands(bytes: Uint8Array): Buffer[] {
    return this.#fromClient.push(bytes).flatMap((command) => {
      const name = nameOf(command);
      if (name === "MULTI") this.#transaction = [];
      if (!this.#transaction) return this.#twice([command]);
      this.#transaction.push(command);
      if (name !== "EXEC" && name !== "DISCARD") return [];
      const whole = this.#transaction;
      this.#transaction = undefined;
      return this.#twice(whole);
    });
  }

  replies(bytes: Uint8Array): Buffer[] {
    return this.#fromServer.push(bytes).filter(() => this.#isWanted.shift());
  }

  #twice(commands: Buffer[]): Buffer[] {
    this.#isWanted.push(...commands.map(() => true), ...commands.map(() => false));
    return [...commands, ...commands];
  }
}

/** Replaces a text by another of the same length. */
export function replacing(text: string, by: string): (bytes: Uint8Array) => Uint8Array {
  if (text.length !== by.length) throw new Error("the texts must be of one length");
  return (bytes) => {
    const at = Buffer.from(bytes).indexOf(text);
    if (at === -1) return bytes;
    const changed = new Uint8Array(bytes);
    changed.set(new TextEncoder().encode(by), at);
    return changed;
  };
}
