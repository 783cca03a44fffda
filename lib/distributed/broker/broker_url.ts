/** Parses the URL of a broker, and makes the address that messages show. */

/** The forms of a broker's URL, for error messages. */
export const URL_RULE =
  "redis://HOST:PORT, rediss://HOST:PORT (TLS) or unix:///PATH, with a database as /0 if any";

/** Returns the address of a broker without user and password. */
export function labelOf(url: URL): string {
  if (url.protocol === "unix:") return `unix://${url.pathname}${url.search}`;
  return `${url.protocol}//${url.host}${url.pathname === "/" ? "" : url.pathname}`;
}

/**
 * Parses the URL of a broker.
 *
 * @throws {RangeError} if it is not a valid URL of a broker. The message does not repeat it, because it may contain a
 * password
 */
export function parseUrl(text: string | URL): URL {
  const url = URL.canParse(String(text)) ? new URL(String(text)) : undefined;
  const fault = url ? faultOf(url) : `must be ${URL_RULE}`;
  if (!url || fault !== undefined) throw new RangeError(`redis ${fault}`);
  return url;
}

/** Returns what is wrong with the URL of a broker, as the end of a sentence; undefined if it is valid. */
export function faultOf(url: URL): string | undefined {
  if (!/^(rediss?|unix):$/.test(url.protocol)) return `must be ${URL_RULE}`;
  const isSocket = url.protocol === "unix:";
  if (isSocket ? url.pathname.length < 2 : url.hostname === "" || !/^\/?\d*$/.test(url.pathname)) {
    return `must be ${URL_RULE}`;
  }
  if (url.hash !== "") return "has a #, which is not allowed: in a password, write it as %23";
  for (const [name, value] of url.searchParams) {
    if (name === "db" && /^\d+$/.test(value)) {
      if (isSocket) continue;
      return `has ?db=${value}: write the database as /${value}`;
    }
    if (name === "tls") return "has ?tls: for TLS, write rediss://";
    // Without the value, which may be a secret, and with a limited length of the name.
    return `has ?${name.slice(0, 40)}, which is not an option of a broker's URL`;
  }
  return undefined;
}

/** Returns the number of the URL's database. */
export function databaseOf(url: URL): number {
  return Number(url.protocol === "unix:" ? url.searchParams.get("db") ?? 0 : url.pathname.slice(1) || 0);
}
