/**
 * Which broker a command talks to: the flag's, or that of the environment, where a password may be in the URL.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import process from "node:process";
import type { BrokerOptions } from "../distributed/broker.ts";
import { labelOf, parseUrl } from "../distributed/broker_url.ts";
import { systemReason, UserError } from "./user_error.ts";

/** The variable of the environment. */
const VARIABLE = "POLYLOOP_REDIS";

/** A broker, and where we know of it from. */
export interface BrokerAddress extends BrokerOptions {
  redis: URL;
  queue: string;
  /** The flag or the variable. */
  source: string;
}

/**
 * The broker, if there is to be one.
 *
 * @throws {UserError} if the variable holds no URL, or the CA cannot be read
 */
export function brokerOf(
  { redis, queue = "default", redisCa }: { redis?: string; queue?: string; redisCa?: string },
): BrokerAddress | undefined {
  const flagged = redis === undefined ? undefined : parseUrl(redis);
  const kept = variable();
  // The same broker, with what a flag cannot say.
  const same = flagged && kept && labelOf(flagged) === labelOf(kept);
  const url = same ? kept : flagged ?? kept;
  if (!url) {
    const unused = redisCa !== undefined ? "--redis-ca" : undefined;
    if (unused) throw new UserError(`${unused}: there is no broker: give --redis URL, or set ${VARIABLE}`);
    return undefined;
  }
  const ca = redisCa === undefined ? undefined : readCa(redisCa);
  return { redis: url, queue, ca, source: url === kept ? VARIABLE : "--redis" };
}

function variable(): URL | undefined {
  const text = process.env[VARIABLE];
  if (text === undefined || text === "") return undefined;
  try {
    return parseUrl(text);
  } catch {
    throw new UserError(`${VARIABLE}: expected redis://[USER:PASSWORD@]HOST:PORT or rediss://…`);
  }
}

/** Tasks need not know what we let ourselves in with. */
export function forgetVariable(): void {
  delete process.env[VARIABLE];
}

function readCa(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new UserError(`--redis-ca: cannot read ${path}: ${systemReason(error)}`);
  }
  if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
  throw new UserError(`--redis-ca: ${path} holds no certificate (PEM)`);
}
