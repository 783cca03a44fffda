/**
 * Parses the URL of a broker, and makes the address that messages show. Of several hosts, the first one is that of the URL, and the
 * others become its parameters `node`: a URL has one host.
 */

/** The forms of a broker's URL, for error messages. */
export const URL_RULE =
  "redis://HOST:PORT, rediss://HOST:PORT (TLS), redis-sentinel://HOST:PORT?master=NAME " +
  "or unix:///PATH, with a database as /0 if any";

/** The protocols, and the port of each. */
const PORTS: Readonly<Record<string, number>> = {
  "redis:": 6379,
  "rediss:": 6379,
  "redis-sentinel:": 26379,
  "rediss-sentinel:": 26379,
  "unix:": 0,
};

/** The name under which the further hosts of a URL are its parameters. */
const NODE = "node";

/** The parameters of a URL of sentinels. */
const OF_SENTINELS = ["master", "sentinelUsername", "sentinelPassword"];

/** One server of those that a URL names. */
export interface BrokerNode {
  host: string;
  port: number;
}

/** Returns the address of a broker without users and passwords. It can be parsed again. */
export function labelOf(url: URL): string {
  if (url.protocol === "unix:") return `unix://${url.pathname}${url.search}`;
  const hosts = [url.host, ...url.searchParams.getAll(NODE)].join(",");
  const master = url.searchParams.get("master");
  return `${url.protocol}//${hosts}${url.pathname === "/" ? "" : url.pathname}` +
    (master === null ? "" : `?master=${encodeURIComponent(master)}`);
}

/**
 * Parses the URL of a broker.
 *
 * @throws {RangeError} if it is not a valid URL of a broker. The message does not repeat it, because it may contain a password
 */
export function parseUrl(text: string | URL): URL {
  const { url, fault } = readUrl(String(text));
  if (!url) throw new RangeError(`redis ${fault}`);
  return url;
}

/** Parses the URL of a broker, or says what is wrong with it as the end of a sentence. */
export function readUrl(
  text: string,
): { url: URL; fault?: undefined } | { url?: undefined; fault: string } {
  const [, start, hosts, end] = /^([a-z-]+:\/\/(?:[^/?#@]*@)?)([^/?#]+)(.*)$/is.exec(text) ??
    ["", text, "", ""];
  const [first, ...others] = hosts.split(",");
  if (!URL.canParse(start + first + end)) {
    return { fault: `must be ${URL_RULE}` };
  }
  const url = new URL(start + first + end);
  for (const other of others) url.searchParams.append(NODE, other);
  const fault = faultOf(url);
  return fault === undefined ? { url } : { fault };
}

/** Returns what is wrong with the URL of a broker, as the end of a sentence; undefined if it is valid. */
function faultOf(url: URL): string | undefined {
  if (!Object.hasOwn(PORTS, url.protocol)) return `must be ${URL_RULE}`;
  const isSocket = url.protocol === "unix:";
  if (isSocket ? url.pathname.length < 2 : url.hostname === "" || !/^\/?\d*$/.test(url.pathname)) {
    return `must be ${URL_RULE}`;
  }
  if (url.hash !== "") return "has a #, which is not allowed: in a password, write it as %23";
  for (const [name, value] of url.searchParams) {
    const fault = parameterFault(url, name, value);
    if (fault !== undefined) return fault;
  }
  if (isOfSentinels(url) && !url.searchParams.get("master")) {
    return "has no ?master=NAME, the name that its sentinels have for the primary";
  }
  return undefined;
}

function parameterFault(
  url: URL,
  name: string,
  value: string,
): string | undefined {
  const isSocket = url.protocol === "unix:";
  if (name === "db" && /^\d+$/.test(value)) {
    return isSocket ? undefined : `has ?db=${value}: write the database as /${value}`;
  }
  if (name === NODE && !isSocket) {
    return URL.canParse(`redis://${value}`) && /^[^/?#@]+$/.test(value) ? undefined : `must be ${URL_RULE}`;
  }
  if (isOfSentinels(url) && OF_SENTINELS.includes(name)) return undefined;
  if (name === "tls") return "has ?tls: for TLS, write rediss://";
  // Without the value, which may be a secret, and with a limited length of the name.
  return `has ?${name.slice(0, 40)}, which is not an option of a broker's URL`;
}

export function hasPassword({ password, searchParams }: URL): boolean {
  return password !== "" || searchParams.has("sentinelPassword");
}

/** Whether the hosts of a URL are sentinels, which know the address of the primary. */
export function isOfSentinels({ protocol }: URL): boolean {
  return protocol.endsWith("-sentinel:");
}

export function usesTls({ protocol }: URL): boolean {
  return protocol.startsWith("rediss");
}

/** Returns the servers that a URL names; not of a socket. */
export function nodesOf(url: URL): BrokerNode[] {
  return [url.host, ...url.searchParams.getAll(NODE)].map((host) => {
    const { hostname, port } = new URL(`redis://${host}`);
    // An IPv6 address has brackets only in a URL.
    return {
      host: hostname.replace(/^\[|\]$/g, ""),
      port: Number(port || PORTS[url.protocol]),
    };
  });
}

export function databaseOf(url: URL): number {
  return Number(url.protocol === "unix:" ? url.searchParams.get("db") ?? 0 : url.pathname.slice(1) || 0);
}
