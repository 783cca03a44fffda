/**
 * What Deno's loader says inside a compiled program, where it speaks of its own parts, → words for the user.
 *
 * @module
 */

/** One line on why a module did not load; nothing for a message that says it well enough. */
export function compiledReason(message: string): string | undefined {
  const name = /^Could not find a matching package for '(?:npm:)?(.+?)' in the node_modules/.exec(message)
    ?.[1];
  if (name !== undefined) {
    return `the binary finds packages only in node_modules, and no node_modules above the module has ${name}: ` +
      `run npm install ${name}, or run polyloop on Deno`;
  }
  if (!message.startsWith("JsErrorBox")) return undefined;
  const kind = /\bkind: (.*?), source: SourceTextInfo/.exec(message)?.[1];
  return ["it could not be parsed", kind, placeOf(message)].filter((part) => part !== undefined).join(": ")
    .replace(/: (\(\S+\))$/, "  $1");
}

/** `(file:///tasks.ts:3:1)`: of the place there is only an offset, and beside it the text. */
function placeOf(message: string): string | undefined {
  const file = /path: "([^"]+)"/.exec(message)?.[1];
  const offset = Number(/start: SourcePos\((\d+)\)/.exec(message)?.[1]);
  const quoted = /\btext: ("(?:[^"\\]|\\.)*")/.exec(message)?.[1];
  if (file === undefined || quoted === undefined || Number.isNaN(offset)) return undefined;
  try {
    const lines = JSON.parse(quoted).slice(0, offset).split("\n");
    return `(file://${file}:${lines.length}:${lines.at(-1).length + 1})`;
  } catch {
    // Rust's way to quote is not JSON's in everything.
    return `(file://${file})`;
  }
}
