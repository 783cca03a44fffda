/** Lets attempts of a run start on its workers: reads what workers tell, asks the limits (`start_limits.ts`), and sends what they allow. */

import { after } from "../../executor/basics/deadlines.ts";
import { type LimitState, moved } from "../../executor/queue/limit_state.ts";
import type { Broker } from "../broker/broker.ts";
import { KEYS_LAST } from "../broker/names.ts";
import { type GrantRecord, parseRecord, startsSchema } from "../broker/protocol.ts";
import { readList } from "../broker/read_list.ts";
import type { RunLimits } from "./input_terms.ts";
import type { Grant } from "./limited_worker.ts";
import { StartLimits, type StartLimitsHost } from "./start_limits.ts";

/** How long a read may wait for news, in seconds. */
const READING = 1;

/** Time without a reply after which the clock of the limits stands still, in milliseconds: the broker, or this process, was away. */
const AWAY = 1_500;

/** Maximum number of messages that are read at once. */
const MOST_READ = 500;

export interface StartOfficeHost extends StartLimitsHost {
  readonly hasEnded: boolean;
  /** The broker has refused a command, or cannot be reached. */
  troubled(error: unknown): void;
}

interface StartOfficeInit {
  broker: Broker;
  run: string;
  token: string;
  limits: RunLimits;
  host: StartOfficeHost;
}

export class StartOffice {
  readonly #init: StartOfficeInit;
  readonly #limits: StartLimits;
  /** When the broker replied last, and for how long it was away before, in milliseconds of `performance.now()`. */
  #replied = performance.now();
  #away = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(init: StartOfficeInit) {
    this.#init = init;
    this.#limits = new StartLimits(init.limits, init.host);
  }

  /** By rate: its amount. With `auto`, the amount that was found so far. */
  get found(): number[] {
    return this.#limits.found;
  }

  /** What a successor must know to keep the limits, in milliseconds since 1970. */
  state(): LimitState {
    const now = this.#now;
    return moved(this.#limits.state(now), Date.now() - now);
  }

  /** Goes on after the limits of a predecessor. */
  takeOver(state: LimitState): void {
    const now = this.#now;
    this.#limits.takeOver(moved(state, now - Date.now()), now);
  }

  /** Reads what workers tell until the run ends. */
  async listen(): Promise<void> {
    const { broker, run, token, host } = this.#init;
    await readList({
      client: broker.duplicate(),
      key: broker.keys.starts(run),
      wait: READING,
      most: MOST_READ,
      hasEnded: () => host.hasEnded,
      take: (texts) => {
        this.#hasReplied();
        for (const text of texts) {
          const record = parseRecord(startsSchema, text);
          if (record?.token === token) this.#limits.heard(record, this.#now);
        }
        this.#round();
      },
      failed: (error) => host.troubled(error),
    });
  }

  /** Lets nothing start any more. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  readonly #round = (): void => {
    clearTimeout(this.#timer);
    if (this.#init.host.hasEnded) return;
    const { grants, wait } = this.#limits.round(this.#now);
    for (const grant of grants) void this.#send(grant);
    if (wait < Infinity) this.#timer = after(wait, this.#round);
  };

  async #send({ worker, ...grant }: Grant): Promise<void> {
    const { broker: { client, keys }, run, token, host } = this.#init;
    const key = keys.grants(worker);
    const record: GrantRecord = { v: 1, run, token, ...grant };
    try {
      await client.multi().rpush(key, JSON.stringify(record)).pexpire(key, KEYS_LAST).exec();
    } catch (error) {
      // Its worker asks again when the grant is too old.
      if (!host.hasEnded) host.troubled(error);
    }
  }

  /**
   * The clock of the limits. While the broker is away, it stands still, so that no worker counts as silent because nothing could be read.
   */
  get #now(): number {
    return Math.min(performance.now(), this.#replied + AWAY) - this.#away;
  }

  #hasReplied(): void {
    const now = performance.now();
    this.#away += Math.max(0, now - this.#replied - AWAY);
    this.#replied = now;
  }
}
