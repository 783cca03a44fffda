/**
 * The URLs of our own modules to which no import leads: workers' entries, and modules that generated source names.
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
