/** Makes URLs of polyloop's own modules that no import reaches: entries of workers, and modules that generated source imports. */

/** The URL of this module, or of the file of a bundle that contains it. Both lie in a folder of `lib/`. */
const here = import.meta.url;

/** Returns the URL of `lib/`, with which the URLs of polyloop's modules begin. */
export function ownFolder(): URL {
  return new URL("..", here);
}

/**
 * Returns the URL of a module. `name` is its path under `lib/`, without its extension: `.ts` in the source, `.js` in a
 * package or a bundle. No builder rewrites a name in a string.
 */
export function ownFile(name: string): URL {
  return new URL(name + (here.endsWith(".ts") ? ".ts" : ".js"), ownFolder());
}
