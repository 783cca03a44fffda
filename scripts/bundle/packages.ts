/** How a bundler finds the packages that the source names. */

import type { Plugin } from "rolldown";
import { slashed } from "./slashed.ts";

/**
 * es-module-lexer says that it is asm.js. Minified it is not, which Node would report on stderr. As plain JavaScript it does the
 * same.
 */
export function plainLexer(): Plugin {
  return {
    name: "plain-lexer",
    transform(code, id) {
      if (!/\/es-module-lexer\/.*\.asm\.js$/.test(slashed(id))) return null;
      const changed = code.replace(/(["'])use asm\1;?/, "");
      if (changed === code) throw new Error(`${id} is no asm.js: nothing to put right`);
      return changed;
    },
  };
}

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
