/**
 * Fetches pages politely: a server that asks to wait (429, 503) is asked again later.
 *
 * @module
 */

import type { TaskContext } from "../../../mod.ts";

/** The result for one page. */
export interface Page {
  url: string;
  status: number;
  title: string | undefined;
  bytes: number;
}

/** Fetches a page. A missing page (404) is a result and is not retried. */
export async function fetchPage(url: string, { signal }: TaskContext): Promise<Page> {
  const response = await fetch(url, { signal, headers: { "user-agent": "polyloop-recipe/1.0" } });
  const text = await response.text();
  if (response.status === 429 || response.status >= 500) throw busy(url, response);
  const title = /<title>([^<]*)<\/title>/i.exec(text)?.[1];
  return { url, status: response.status, title, bytes: new TextEncoder().encode(text).length };
}

/** `retryAfter`, in seconds, sets the time until the next attempt; without it, `--backoff` does. */
function busy(url: string, { status, headers }: Response): Error {
  const error = new Error(`${url} answered ${status}`);
  const seconds = Number(headers.get("retry-after") ?? NaN);
  return seconds >= 0 ? Object.assign(error, { retryAfter: seconds }) : error;
}
