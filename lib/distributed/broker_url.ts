/**
 * Where a broker is, as a URL, and as it may be shown.
 *
 * @module
 */

/** The address of a broker as it may be shown. */
export function labelOf(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname === "/" ? "" : url.pathname}`;
}

/**
 * The parts of a broker's URL.
 *
 * @throws {RangeError} if it is none; the message does not repeat it, as a password may be in it
 */
export function parseUrl(text: string | URL): URL {
  const url = URL.canParse(String(text)) ? new URL(String(text)) : undefined;
  if (!url || !/^rediss?:$/.test(url.protocol) || url.hostname === "" || !/^\/?\d*$/.test(url.pathname)) {
    throw new RangeError(
      "redis must be redis://HOST:PORT or rediss://HOST:PORT, with a database as /0 if any",
    );
  }
  return url;
}
