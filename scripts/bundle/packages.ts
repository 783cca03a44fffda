/**
 * How a bundler finds the packages that the source names.
 *
 * @module
 */

import type { Plugin } from "rolldown";

/** Packages are named as `npm:zod@1.2.3` in the source, and lie in node_modules by the version of the lock file. */
export function packages(): Plugin {
  return {
    name: "npm-specifiers",
    resolveId(id, importer) {
      const [, name, path] = /^npm:((?:@[^/]+\/)?[^@/]+)(?:@[^/]+)?(.*)$/.exec(id) ?? [];
      return name === undefined ? null : this.resolve(name + path, importer);
    },
  };
}
