/** Fetches pages politely: a server that asks to wait (429, 503) is asked again later. */

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
  if (response.status === 429 || response.status >= 500) {
    // Sets the time until the next attempt. Without it, `--backoff` does.
    const retryAfter = response.headers.get("retry-after");
    throw Object.assign(new Error(`${url} answered ${response.status}`), { retryAfter });
  }
  const title = /<title>([^<]*)<\/title>/i.exec(text)?.[1];
  return { url, status: response.status, title, bytes: new TextEncoder().encode(text).length };
}
