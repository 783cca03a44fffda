/** The tasks of these examples. Replace them by your own. */

/**
 * Workers and runs must have the same module. With a version, only the version counts, so a new image that does not change it
 * can go on with a run of the old one.
 */
export const version = "1";

/** The number of words of a page. */
export async function wordCount(
  url: string,
  { signal }: { signal: AbortSignal },
): Promise<{ url: string; words: number }> {
  const response = await fetch(url, { signal });
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  const words = (await response.text()).split(/\s+/).filter(Boolean).length;
  return { url, words };
}
