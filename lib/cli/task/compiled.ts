/** Detects the compiled binary, and describes its differences. */

import process from "node:process";

const { Deno } = globalThis as unknown as { Deno?: { build: { standalone: boolean } } };

/** Whether this is the program that `deno task compile` makes. */
export function isCompiled(): boolean {
  return Deno !== undefined && Deno.build.standalone;
}

/** Returns a message if `OTEL_DENO` has no effect, because OpenTelemetry is switched on or off when Deno compiles the binary. */
export function ignoredTelemetry(): string | undefined {
  if (!isCompiled() || !/^(true|1)$/i.test(process.env.OTEL_DENO ?? "")) return undefined;
  return "polyloop: OTEL_DENO=true has no effect on the binary, so no spans are exported. Run polyloop on Deno to export spans";
}

/** Returns the reason why a module did not load, in one line. Undefined if the message of Deno's loader is clear. */
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

/** Returns a place such as `(file:///tasks.ts:3:1)`. The message contains only an offset and the text beside it. */
function placeOf(message: string): string | undefined {
  const file = /path: "([^"]+)"/.exec(message)?.[1];
  const offset = Number(/start: SourcePos\((\d+)\)/.exec(message)?.[1]);
  const quoted = /\btext: ("(?:[^"\\]|\\.)*")/.exec(message)?.[1];
  if (file === undefined || quoted === undefined || Number.isNaN(offset)) return undefined;
  try {
    const lines = JSON.parse(quoted).slice(0, offset).split("\n");
    return `(file://${file}:${lines.length}:${lines.at(-1).length + 1})`;
  } catch {
    // Rust escapes some characters differently from JSON.
    return `(file://${file})`;
  }
}
