/** Finds the broker of a command: the flag's, or the one in the environment variable, whose URL may contain a password. */

import { readFileSync } from "node:fs";
import process from "node:process";
import type { BrokerOptions } from "../../distributed/broker/broker_options.ts";
import { labelOf, parseUrl } from "../../distributed/broker/broker_url.ts";
import type { RunOptions } from "../flags/options.ts";
import { systemReason, UserError } from "../user_error.ts";

const VARIABLE = "POLYLOOP_REDIS";

export interface BrokerAddress extends BrokerOptions {
  redis: URL;
  queue: string;
  /** The flag or the variable. */
  source: string;
}

/**
 * Returns the broker of the command, if one is set.
 *
 * @throws {UserError} if the variable does not contain a URL, or a file cannot be read
 */
export function brokerOf(
  { redis, queue = "default", redisPrefix, redisCa, redisCert, redisKey, on, priority }:
    & Pick<RunOptions, "redis" | "redisPrefix" | "redisCa" | "redisCert" | "redisKey">
    & Partial<Pick<RunOptions, "on" | "priority">>
    & { queue?: string },
): BrokerAddress | undefined {
  const flagged = redis === undefined ? undefined : parseUrl(redis);
  const kept = variable();
  // The same broker, but the variable can contain a password.
  const same = flagged && kept && labelOf(flagged) === labelOf(kept);
  const url = same ? kept : flagged ?? kept;
  if (!url) {
    const unused = Object.entries({
      "--redis-ca": redisCa,
      "--redis-cert": redisCert,
      "--redis-key": redisKey,
      "--redis-prefix": redisPrefix,
      "--on": on,
      "--priority": priority,
    })
      .find(([, value]) => value !== undefined);
    if (unused) throw new UserError(`${unused[0]}: no broker is set: use --redis URL, or set ${VARIABLE}`);
    return undefined;
  }
  if ((redisCert === undefined) !== (redisKey === undefined)) {
    throw new UserError("--redis-cert and --redis-key: give both, or neither");
  }
  return {
    redis: url,
    queue,
    prefix: redisPrefix,
    ca: readPem("--redis-ca", redisCa, "CERTIFICATE"),
    cert: readPem("--redis-cert", redisCert, "CERTIFICATE"),
    key: readPem("--redis-key", redisKey, "PRIVATE KEY"),
    source: url === kept ? VARIABLE : "--redis",
  };
}

function variable(): URL | undefined {
  const text = process.env[VARIABLE];
  if (text === undefined || text === "") return undefined;
  try {
    return parseUrl(text);
  } catch (error) {
    throw new UserError(
      `${VARIABLE}: ${
        (error as Error).message.replace(/^redis must be/, "expected").replace(/^redis /, "the URL ")
      }`,
    );
  }
}

/** Removes the variable, because tasks must not see the password. */
export function forgetVariable(): void {
  delete process.env[VARIABLE];
}

function readPem(
  flag: string,
  path: string | undefined,
  kind: "CERTIFICATE" | "PRIVATE KEY",
): string | undefined {
  if (path === undefined) return undefined;
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new UserError(`${flag}: cannot read ${path}: ${systemReason(error)}`);
  }
  if (new RegExp(`-----BEGIN ([A-Z]+ )?${kind}-----`).test(text)) return text;
  const what = kind === "CERTIFICATE" ? "certificate" : "private key";
  throw new UserError(`${flag}: ${path} holds no ${what} (PEM)`);
}
