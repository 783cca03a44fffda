/**
 * For tests of the command line on Node, which knows no `npm:name@version`: leaves the bare name for node_modules, as
 * vitest.config.ts does for what the tests import themselves.
 */

import { registerHooks } from "node:module";

registerHooks({
  resolve(specifier, context, next) {
    return next(specifier.replace(/^npm:((?:@[^/]+\/)?[^@/]+)(?:@[^/]+)?/, "$1"), context);
  },
});
