/**
 * The files of polyloop that are started by their URL, or named in source text that is made at run time. No import leads to
 * them, so every builder has to be told.
 */

/** Files of the library, as paths under the root without their ending. */
export const LIBRARY_ENTRIES = [
  "lib/worker/entries/web",
  "lib/worker/entries/node",
  "lib/worker/entries/process",
  "lib/worker/entries/restricted",
  "lib/worker/loader",
  "lib/worker/seal",
];

/** What a bundle is made for: a start from a URL or the binary, which run on Deno; or the npm package. */
export type Product = "deno" | "npm";

/** Files of the command. `cli` is the main module; in the npm package, `bin.js` starts `lib/cli/main`. */
export const COMMAND_ENTRIES: Record<Product, string[]> = {
  deno: [
    "cli",
    "lib/worker/entries/web",
    "lib/worker/entries/process",
    "lib/worker/entries/compiled_thread",
    "lib/worker/loader",
    "lib/cli/signals/entry_web",
    "lib/cli/journal/helper/entry",
  ],
  npm: [
    "lib/cli/main",
    ...LIBRARY_ENTRIES,
    "lib/cli/signals/entry_web",
    "lib/cli/signals/entry_node",
    "lib/cli/journal/helper/entry",
  ],
};
