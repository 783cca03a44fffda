/**
 * What producers send to one worker while its job chunks run: starts that are granted, and room for values of streams. It has a
 * connection of its own, which is opened when it is needed first.
 */

import type { Broker } from "../broker/broker.ts";
import type { IoRedis } from "../broker/bullmq.ts";
import {
  type GrantRecord,
  grantSchema,
  parseRecord,
  type RoomRecord,
  roomSchema,
} from "../broker/protocol.ts";

/** How long a failed read waits, in milliseconds. A guess: the worker's regular checks tell of the broker's failure. */
const PAUSE = 500;

/** Maximum number of messages that are read at once. */
const MOST_READ = 1_000;

export interface InboxHost {
  granted(grant: GrantRecord): void;
  roomGranted(room: RoomRecord): void;
}

export class Inbox {
  readonly #broker: Broker;
  readonly #key: string;
  readonly #host: InboxHost;
  #client: IoRedis | undefined;
  #hasStopped = false;

  /** @param server the worker's id */
  constructor(broker: Broker, server: string, host: InboxHost) {
    this.#broker = broker;
    this.#key = broker.keys.grants(server);
    this.#host = host;
  }

  /** Begins to read, if it has not begun. */
  open(): void {
    if (this.#client || this.#hasStopped) return;
    this.#client = this.#broker.duplicate();
    void this.#read(this.#client);
  }

  stop(): void {
    this.#hasStopped = true;
    this.#client?.disconnect();
  }

  async #read(client: IoRedis): Promise<void> {
    while (!this.#hasStopped) {
      try {
        const first = await client.blpop(this.#key, 5);
        if (!first) continue;
        for (const text of [first[1], ...await client.lpop(this.#key, MOST_READ) ?? []]) this.#take(text);
      } catch {
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
      }
    }
  }

  #take(text: string): void {
    const grant = parseRecord(grantSchema, text);
    if (grant) return this.#host.granted(grant);
    const room = parseRecord(roomSchema, text);
    if (room) this.#host.roomGranted(room);
  }
}
