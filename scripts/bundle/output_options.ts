/** The form of bundled files. */

import type { OutputOptions } from "rolldown";

/** Options of every bundle. */
export const OUTPUT_OPTIONS = {
  format: "esm",
  // Names stay, because some are shown: of errors, and in stacks.
  minify: {
    compress: { keepNames: { function: true, class: true } },
    mangle: { keepNames: { function: true, class: true } },
  },
  comments: false,
  entryFileNames: "[name].js",
} satisfies OutputOptions;
