/** Crawls a site: each page hands in the pages that it links to. */

import type { TaskContext } from "../../../mod.ts";

/** Fetches a page. Links to other sites are not followed. */
export async function crawl(url: string, { add, signal }: TaskContext) {
  const response = await fetch(url, { signal, headers: { "user-agent": "polyloop-recipe/1.0" } });
  const { status, headers } = response;
  if (status === 429 || status >= 500) {
    throw Object.assign(new Error(`${url} answered ${status}`), { retryAfter: headers.get("retry-after") });
  }
  const html = await response.text();
  for (const [, href] of html.matchAll(/<a\s[^>]*href="([^"#]+)/gi)) {
    const link = URL.parse(href, response.url);
    if (link?.origin === new URL(url).origin) await add(link.href);
  }
  return { url, status, title: /<title>([^<]*)/i.exec(html)?.[1] };
}
