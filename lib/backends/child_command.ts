/**
 * The command that starts a worker's process: this runtime again, set up so that the user's module resolves there
 * as it does here.
 *
 * @module
 */

import { ownFile } from "../wire/own_file.ts";
import type { PermissionSet } from "../wire/permissions.ts";
import { canSelfStart, selfStartArguments } from "../wire/self_start.ts";
import { nodeFlags, withoutPermissions } from "./node_permissions.ts";
import { allPermissions, restrictedEntry } from "./restricted_entry.ts";

/** The parts of the runtimes that are asked for here. */
const { Deno, process } = globalThis as unknown as {
  Deno?: { execPath(): string; mainModule: string; build: { standalone: boolean } };
  process: { execPath: string; execArgv: string[]; getBuiltinModule(name: string): unknown };
};

/** The part of `node:fs` that matters here. */
interface Files {
  existsSync(path: URL): boolean;
  readFileSync(path: string, encoding: "utf8"): string;
}

/** Options of `deno run` that change how modules resolve or how the runtime behaves, and so hold for workers too. */
const INHERITED =
  /^(-c|--(config|import-map|no-config|node-modules-dir|lock|no-lock|cached-only|cert|conditions|v8-flags|unstable)\b)/;

/**
 * Where no module can come from: the name is reserved for hosts that do not exist (RFC 2606). Deno grants a list of hosts
 * of its own where no list is given, `--deny-import` or not.
 */
const NOWHERE = "polyloop.invalid";

const files = () => process.getBuiltinModule("node:fs") as Files;

/** What a worker may do, and the module that it may run for all that. */
interface Restriction {
  permissions: PermissionSet | undefined;
  module: string | null;
}

/** A program and its arguments. */
export interface Command {
  program: string;
  args: string[];
}

/** @throws where there is no way to run a module in another process */
export function childCommand(entry: URL, { permissions, module }: Restriction): Command {
  if (!Deno) {
    const options = withoutEval(process.execArgv);
    if (!permissions) return { program: process.execPath, args: [...options, toPath(entry)] };
    const flags = [
      ...withoutPermissions(options),
      ...nodeFlags(permissions, { entry: toPath(entry), module }),
    ];
    return { program: process.execPath, args: [...flags, toPath(ownFile("./entry_restricted", entry.href))] };
  }
  if (Deno.build.standalone) {
    return { program: Deno.execPath(), args: ownArguments(entry, { permissions, module }) };
  }
  // Deno looks for package.json from the main module upwards; for one without a place, from the working directory.
  const source = permissions ? restrictedEntry(entry, module) : `import ${JSON.stringify(entry.href)};`;
  const main = `data:text/javascript,${encodeURIComponent(source)}`;
  const allowed = permissions ? flags(allPermissions(permissions, module)) : ["-A"];
  return {
    program: Deno.execPath(),
    args: ["run", ...allowed, "--quiet", "--no-prompt", ...denoOptions(Deno.mainModule), main],
  };
}

/** A compiled program's own. */
function ownArguments(entry: URL, { permissions, module }: Restriction): string[] {
  if (!canSelfStart()) throw new Error("a compiled program cannot start itself as a worker");
  if (!permissions) return selfStartArguments({});
  const source = restrictedEntry(ownFile("./entry_compiled_thread", entry.href), module);
  return selfStartArguments({
    thread: {
      entry: `data:text/javascript,${encodeURIComponent(source)}`,
      permissions: allPermissions(permissions, module),
    },
  });
}

/** `--allow-read=/data`, as `deno run` takes it. */
function flags(permissions: PermissionSet): string[] {
  return Object.entries(permissions).flatMap(([name, grant]) => {
    if (grant === true) return `--allow-${name}`;
    // An empty list would grant everything.
    if (grant && grant.length > 0) return `--allow-${name}=${grant.join(",")}`;
    // Said outright: where node's API finds no word on permissions, it starts Deno with all of them.
    if (name === "ffi") return "--deny-ffi";
    return name === "import" ? `--allow-import=${NOWHERE}` : [];
  });
}

/** The parent's options as far as they can be known: its own, where the system tells; else its deno.json. */
function denoOptions(mainModule: string): string[] {
  const own = ownOptions();
  if (own.some((option) => /^(-c|--config|--no-config)/.test(option))) return own;
  const config = nearestConfig(mainModule);
  return config ? [...own, `--config=${config}`] : own;
}

function ownOptions(): string[] {
  let words: string[];
  try {
    words = files().readFileSync("/proc/self/cmdline", "utf8").split("\0").slice(1, -1);
  } catch {
    // Only Linux has it; and it may be forbidden.
    return [];
  }
  const options: string[] = [];
  // Up to the first that is no option, which is the program: what follows is the program's own.
  for (let at = /^(run|test|bench)$/.test(words[0]) ? 1 : 0; words[at]?.startsWith("-"); at++) {
    const separate = /^(-c|--config|--import-map|--cert)$/.test(words[at]);
    if (INHERITED.test(words[at])) options.push(words[at], ...(separate ? [words[at + 1]] : []));
    if (separate) at++;
  }
  return options;
}

/** The deno.json that holds for a program: the nearest one upwards. */
function nearestConfig(mainModule: string): string | undefined {
  if (!mainModule.startsWith("file:")) return;
  for (let folder = new URL(".", mainModule);; folder = new URL("..", folder)) {
    for (const name of ["deno.json", "deno.jsonc"]) {
      if (exists(new URL(name, folder))) return toPath(new URL(name, folder));
    }
    if (folder.href === new URL("..", folder).href) return;
  }
}

function exists(file: URL): boolean {
  try {
    return files().existsSync(file);
  } catch {
    // It may not be looked at.
    return false;
  }
}

/** A `file:` URL → a path. */
function toPath(url: URL): string {
  const { fileURLToPath } = process.getBuiltinModule("node:url") as { fileURLToPath(url: URL): string };
  return fileURLToPath(url);
}

/** Node's options without those that say what to run. */
function withoutEval(options: string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at < options.length; at++) {
    if (/^(-e|-p|-pe|--eval|--print)$/.test(options[at])) at++;
    else if (!/^(--(eval|print)=|--input-type|-c$|--check$|-i$|--interactive$|--test)/.test(options[at])) {
      kept.push(options[at]);
    }
  }
  return kept;
}
