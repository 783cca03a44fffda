/**
 * Where our own modules are that no import leads to: workers' entries, and what is named in source that is made at
 * run time.
 *
 * @module
 */

/**
 * The URL of a module that is named without its ending, relative to the module whose URL is `base`: in the npm package
 * both are JavaScript, and no builder rewrites a name in a string.
 */
export function ownFile(name: string, base: string): URL {
  return new URL(name + (base.endsWith(".ts") ? ".ts" : ".js"), base);
}
