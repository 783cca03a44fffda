/** `node:buffer`: the command line uses `Buffer` only for what few runs need. */

import { whole } from "./whole.ts";

// deno-lint-ignore no-explicit-any -- a part of it that a light module needs is whatever the command line calls
export const Buffer: any = /* @__PURE__ */ new Proxy({}, {
  get: (_, name) => whole("node:buffer").Buffer[name],
});
