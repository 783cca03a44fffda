/** Gives advice on a module that this runtime cannot load, if the runtime's own message has none. */

import process from "node:process";
import { isCompiled } from "./compiled.ts";

interface Advice {
  of: RegExp;
  code?: string;
  /** Returns undefined if the advice does not fit. */
  say(match: RegExpExecArray, name: string): string | undefined;
}

const ADVICE: Advice[] = [
  {
    of: /./,
    code: "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX",
    say() {
      const flag = "--experimental-transform-types";
      const way = process.allowedNodeEnvironmentFlags.has(flag) ? `set NODE_OPTIONS=${flag}, or ` : "";
      return `Node runs TypeScript only if its types can be stripped: ${way}run polyloop on Deno, on Bun or as the binary`;
    },
  },
  {
    // V8's answer to the @ of a decorator.
    of: /^Invalid or unexpected token( at .*)?$/,
    say: () =>
      isCompiled() || !("Deno" in globalThis || "Bun" in globalThis)
        ? `${runtime()} has no decorators: if the module has some, run polyloop on Deno or on Bun`
        : undefined,
  },
  {
    of: /Unknown file extension "(\.[jt]sx)"/,
    say: ([, ending]) =>
      `Node cannot load ${ending} files: run polyloop on Deno, on Bun or as the binary. If it contains no JSX, rename it to ${
        ending.slice(0, -1)
      }`,
  },
  {
    of: /^(Unexpected token 'export'|Cannot use import statement|Cannot require\(\) ES Module .* in a cycle)/,
    say: (_, name) => takenForCommonJs(name),
  },
  {
    of: /Received protocol '(npm|jsr):'|Cannot find (?:package|module) '(npm|jsr):/,
    say: ([, node, bun]) =>
      `only Deno can import ${
        node ?? bun
      }: names. Install the package and import it by its name, or run polyloop on Deno`,
  },
  {
    of: /Received protocol 'https?:'|ENOENT reading "https?:|^Module not found: https?:/,
    say: () => `${runtime()} cannot load modules from URLs. Download the module, or run polyloop on Deno`,
  },
  {
    of: /^Import "([^"]+)" not a dependency/,
    say: ([, name]) =>
      isCompiled()
        ? `the binary does not read deno.json, and finds packages only in node_modules: run npm install ${
          packageName(name)
        } in the module's folder, or run polyloop on Deno`
        : `add it to the module's deno.json: deno add npm:${packageName(name)}`,
  },
  {
    of:
      /^Could not find (?:a matching package for )?"?'?(?:npm:)?([^'"]+?)(?:@[^'"@]+)?["']? in (?:the|a) node_modules/,
    say: ([, name]) => `run npm install ${packageName(name)} in the module's folder`,
  },
  {
    of: /Cannot find package '([^']+)'/,
    say: ([, name]) => `run npm install ${packageName(name)} in the module's folder`,
  },
  {
    of: /^(require|module|exports|__dirname|__filename) is not defined/,
    say: ([, word], name) => commonJs(word, name),
  },
  {
    of: /Cannot find module '.*\?.*'/,
    say: () =>
      "Bun" in globalThis
        ? "Bun cannot load a file whose name contains a ?: rename it, or run polyloop on Deno or Node"
        : undefined,
  },
];

/** What the user can do. Returns undefined if there is no advice for the error. */
export function loadAdvice(error: Error, name: string): string | undefined {
  const { code } = error as { code?: string };
  for (const { of, code: wanted, say } of ADVICE) {
    const match = of.exec(error.message);
    if (match && (wanted === undefined || wanted === code)) return say(match, name);
  }
  return undefined;
}

function runtime(): string {
  if (isCompiled()) return "the binary";
  return "Bun" in globalThis ? "Bun" : "Node";
}

/** `@scope/name/part` → `@scope/name`. */
function packageName(specifier: string): string {
  return specifier.split("/").slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
}

/** `npm init` writes that type. Node then reports an `export` as a syntax error. */
function takenForCommonJs(name: string): string | undefined {
  if (!/\.[cm]?[jt]sx?$/.test(name)) return undefined;
  const file = name.replace(/\.[cm]?([jt]s)x?$/, ".m$1");
  if (/\.c[jt]s$/.test(name)) return `it is an ES module: rename it to ${file}`;
  return `package.json makes it a CommonJS module: add "type": "module" there, or rename it to ${file}`;
}

function commonJs(word: string, name: string): string {
  if (name === "-e") return 'use import: (await import("./file.cjs")).name';
  if (word.startsWith("__")) {
    return `in an ES module, use import.meta.${word === "__dirname" ? "dirname" : "filename"}`;
  }
  const file = /\.m?[jt]s$/.test(name) ? name.replace(/\.m?([jt])s$/, ".c$1s") : undefined;
  return `it is a CommonJS module: ${
    file === undefined ? "its name must end in .cjs" : `rename it to ${file}`
  }`;
}
