/** Quotes a word for a shell, so that a command in a message can be copied. */

import { isObeyed, written } from "./progress/visible.ts";

/** Quotes `a b` as `'a b'`. A word with control characters is quoted for bash and zsh: `$'a\u001bb'`. */
export function quoted(word: string): string {
  if (/^[\w./@:+-][\w./@:+=,%#-]*$/.test(word)) return word;
  if (!isObeyed(word)) return `'${word.replaceAll("'", "'\\''")}'`;
  const signs = [...word].map((sign) => isObeyed(sign) ? written(sign) : sign.replace(/[\\']/, "\\$&"));
  return `$'${signs.join("")}'`;
}
