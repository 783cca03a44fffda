/** A proxy before a broker: it can be blocked or cut, and can change replies. */

import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { Buffer } from "node:buffer";

/** A port whose connections lead to another port. */
export class Proxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #blocked = false;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** `lie` changes what the server sends. */
  static async start(target: number, lie = (bytes: Uint8Array): Uint8Array => bytes): Promise<Proxy> {
    const server = createServer();
    const proxy = new Proxy(server);
    server.on("connection", (client) => {
      const upstream = connect(target, "127.0.0.1");
      for (const [socket, other] of [[client, upstream], [upstream, client]]) {
        proxy.#sockets.add(socket);
        if (proxy.#blocked) socket.pause();
        socket.on("error", () => {});
        socket.on("close", () => {
          proxy.#sockets.delete(socket);
          other.destroy();
        });
      }
      client.on("data", (bytes) => upstream.write(bytes));
      upstream.on("data", (bytes) => client.write(lie(bytes)));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Ends all connections after what was sent by now, as a proxy does that is restarted. New connections work. */
  cut(): void {
    for (const socket of this.#sockets) socket.end();
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

  [Symbol.dispose](): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
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
