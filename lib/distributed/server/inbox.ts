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
import { readList } from "../broker/read_list.ts";

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
    void readList({
      client: this.#client,
      key: this.#key,
      wait: 5,
      most: MOST_READ,
      hasEnded: () => this.#hasStopped,
      take: (texts) => texts.forEach((text) => this.#take(text)),
      failed: () => {},
    });
  }

  stop(): void {
    this.#hasStopped = true;
    this.#client?.disconnect();
  }

  #take(text: string): void {
    const grant = parseRecord(grantSchema, text);
    if (grant) return this.#host.granted(grant);
    const room = parseRecord(roomSchema, text);
    if (room) this.#host.roomGranted(room);
  }
}
