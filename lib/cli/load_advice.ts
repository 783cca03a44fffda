/**
 * What a user can do about a module that this runtime does not load, where the runtime's own message does not say it.
 *
 * @module
 */

import process from "node:process";
import { isCompiled } from "./compiled.ts";

/** A way to say what was met, and what helps. */
interface Advice {
  of: RegExp;
  code?: string;
  /** Nothing where the advice does not fit after all. */
  say(match: RegExpExecArray, name: string): string | undefined;
}

const ADVICE: Advice[] = [
  {
    of: /./,
    code: "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX",
    say() {
      const flag = "--experimental-transform-types";
      const way = process.allowedNodeEnvironmentFlags.has(flag) ? `set NODE_OPTIONS=${flag}, or ` : "";
      return `Node runs only TypeScript whose types can be left out: ${way}run polyloop on Deno or Bun, or by its binary`;
    },
  },
  {
    of: /Unknown file extension "(\.[jt]sx)"/,
    say: ([, ending]) =>
      `Node loads no ${ending}: run polyloop on Deno or Bun, or by its binary; without JSX in it, name it ${
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
      `${node ?? bun}: is for Deno: install the package and import it by its name, or run polyloop on Deno`,
  },
  {
    of: /Received protocol 'https?:'|ENOENT reading "https?:|^Module not found: https?:/,
    say: () => `${runtime()} loads no modules from URLs: download it, or run polyloop on Deno`,
  },
  {
    of: /^Import "([^"]+)" not a dependency/,
    say: ([, name]) =>
      isCompiled()
        ? `a compiled program reads no deno.json, and finds packages in node_modules alone: npm install ${
          packageName(name)
        } in the module's folder, or run polyloop on Deno`
        : `a deno.json beside the module may name it: deno add npm:${packageName(name)}`,
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
        ? "Bun finds no file whose name holds a ?: rename it, or run polyloop on Deno or Node"
        : undefined,
  },
];

/** What helps; nothing where nobody knows better than the message itself. */
export function loadAdvice(error: Error, name: string): string | undefined {
  const { code } = error as { code?: string };
  for (const { of, code: wanted, say } of ADVICE) {
    const match = of.exec(error.message);
    if (match && (wanted === undefined || wanted === code)) return say(match, name);
  }
  return undefined;
}

function runtime(): string {
  if (isCompiled()) return "a compiled program";
  return "Bun" in globalThis ? "Bun" : "Node";
}

/** `@scope/name/part` → `@scope/name`. */
function packageName(specifier: string): string {
  return specifier.split("/").slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
}

/** `npm init` writes that type, and Node then takes what has an `export` for a syntax error. */
function takenForCommonJs(name: string): string | undefined {
  if (!/\.[cm]?[jt]sx?$/.test(name)) return undefined;
  const file = name.replace(/\.[cm]?([jt]s)x?$/, ".m$1");
  if (/\.c[jt]s$/.test(name)) return `it is an ES module: name it ${file}`;
  return `package.json says that it is a CommonJS module: write "type": "module" there, or name it ${file}`;
}

function commonJs(word: string, name: string): string {
  if (name === "-e") return 'import instead: (await import("./file.cjs")).name';
  if (word.startsWith("__")) {
    return `in an ES module it is import.meta.${word === "__dirname" ? "dirname" : "filename"}`;
  }
  const file = /\.m?[jt]s$/.test(name) ? name.replace(/\.m?([jt])s$/, ".c$1s") : undefined;
  return `it is a CommonJS module: ${file === undefined ? "its name must end in .cjs" : `name it ${file}`}`;
}
