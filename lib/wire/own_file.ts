/**
 * Makes URLs of polyloop's own modules that no import reaches: entries of workers, and modules that generated source
 * imports.
 *
 * @module
 */

/**
 * Returns the URL of a module. `name` is without its extension and relative to `base`, a module's URL. In the npm
 * package, both modules are JavaScript, and no builder rewrites a name in a string.
 */
export function ownFile(name: string, base: string): URL {
  return new URL(name + (base.endsWith(".ts") ? ".ts" : ".js"), base);
}
