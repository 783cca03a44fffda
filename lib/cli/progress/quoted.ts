/** Quotes a word for a shell, so that a command in a message can be copied. */

import process from "node:process";
import { isObeyed, written } from "./visible.ts";

/**
 * Quotes `a b` as `'a b'`. A word with control characters is quoted for bash and zsh: `$'a\u001bb'`. On Windows, the word is quoted
 * as `"a b"`, which cmd.exe and PowerShell both read.
 */
export function quoted(word: string): string {
  if (process.platform === "win32") return quotedOnWindows(word);
  if (/^[\w./@:+-][\w./@:+=,%#-]*$/.test(word)) return word;
  if (!isObeyed(word)) return `'${word.replaceAll("'", "'\\''")}'`;
  const signs = [...word].map((sign) => isObeyed(sign) ? written(sign) : sign.replace(/[\\']/, "\\$&"));
  return `$'${signs.join("")}'`;
}

/** A program takes the backslashes before a quote for escapes, so these are doubled. No file name contains a quote. */
function quotedOnWindows(word: string): string {
  if (/^[\w.:\\/+-][\w.:\\/+=-]*$/.test(word)) return word;
  return `"${
    word.replace(/(\\*)("|$)/g, (_, slashes, quote) => slashes + slashes + (quote && `\\${quote}`))
  }"`;
}
