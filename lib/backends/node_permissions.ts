/**
 * Permissions on Node: the flags of its permission model. What that model cannot deny, or cannot grant by a list, is refused.
 *
 * @module
 */

import { PermissionsUnsupportedError } from "../errors.ts";
import type { Grant, PermissionSet } from "../wire/permissions.ts";

/** The parts of Node that are asked for here. */
const { process } = globalThis as unknown as {
  process: {
    version: string;
    execPath: string;
    env: Record<string, string | undefined>;
    allowedNodeEnvironmentFlags: Set<string>;
    getBuiltinModule(name: "node:path"): {
      resolve(path: string): string;
      dirname(path: string): string;
      join(...parts: string[]): string;
      parse(path: string): { root: string };
    };
    getBuiltinModule(name: "node:fs"): {
      existsSync(path: string): boolean;
      realpathSync(path: string): string;
    };
    getBuiltinModule(name: "node:url"): { fileURLToPath(url: string): string };
    getBuiltinModule(name: "node:child_process"): {
      spawnSync(program: string, args: string[], options: object): { stdout: string | null };
    };
  };
};

const has = (flag: string) => process.allowedNodeEnvironmentFlags.has(flag);

/**
 * Refuses permissions to which Node cannot hold a process exactly.
 *
 * @throws {PermissionsUnsupportedError} if there are such
 */
export function refuseOnNode(granted: PermissionSet): void {
  refuseWeakOptions();
  refusePatterns(granted);
  const undeniable = (["net", "env", "sys"] as const)
    .filter((name) => granted[name] !== true && !(name === "net" && has("--allow-net")));
  const unlistable = (["net", "run", "ffi"] as const)
    .filter((name) => isList(granted[name]) && !undeniable.some((other) => other === name));
  const all = undeniable.map((name) => `${name}: true`).join(", ");
  const wrong = [
    all && `cannot deny ${undeniable.join(", ")}: grant ${all}`,
    unlistable.length > 0 && `knows only all or nothing of ${unlistable.join(", ")}: grant true or false`,
  ].filter(Boolean);
  if (wrong.length === 0) return;
  throw new PermissionsUnsupportedError(
    `Node ${process.version} ${wrong.join(", and it ")}; or run on Deno, or use permissions "inherit"`,
    { undeniable, unlistable },
  );
}

/** The flags for a process that may do what is granted, after `worker/seal.ts` has dropped what it needs only to start. */
export function nodeFlags(
  granted: PermissionSet,
  { entry, module }: { entry: string; module: string | null },
): string[] {
  const { root } = process.getBuiltinModule("node:path").parse(entry);
  const [read, write] = [pathsOf(granted.read), pathsOf(granted.write)];
  const all = read.includes("*") && write.includes("*");
  return [
    "--permission",
    // Node warns of many grants, and of --allow-worker, which is dropped.
    "--disable-warning=SecurityWarning",
    "--allow-worker",
    granted.run === true && "--allow-child-process",
    ...(granted.ffi === true ? ["--allow-addons", "--allow-wasi", has("--allow-ffi") && "--allow-ffi"] : []),
    granted.net === true && has("--allow-net") && "--allow-net",
    // node:sqlite opens files without asking for permission.
    !all && has("--experimental-sqlite") && "--no-experimental-sqlite",
    ...write.map((path) => `--allow-fs-write=${path}`),
    // What packages require is not known before they run. As on Deno, no package has to be granted.
    ...[...read, ...packageFolders(module)].map((path) => `--allow-fs-read=${path}`),
    // To load the worker and the module. It comes last, because Node forgets grants within this folder that come after it.
    !read.includes("*") && `--allow-fs-read=${root}`,
  ].filter((flag) => typeof flag === "string");
}

/** Node's options without those that would add to what is granted. */
export function withoutPermissions(options: string[]): string[] {
  return options.filter((option, at) => {
    const isPath = /^--allow-fs-(read|write)$/.test(options[at - 1] ?? "");
    return !isPath && !/^--(no-)?(permission|experimental-permission|allow-)/.test(option);
  });
}

/** Where Node looks for packages: in each folder from the module's upwards. */
function packageFolders(module: string | null): string[] {
  if (!module?.startsWith("file:")) return [];
  const { dirname, join } = process.getBuiltinModule("node:path");
  const { existsSync, realpathSync } = process.getBuiltinModule("node:fs");
  const found: string[] = [];
  let path = process.getBuiltinModule("node:url").fileURLToPath(module);
  // Node looks from where the file really is.
  if (existsSync(path)) path = realpathSync(path);
  while (path !== dirname(path)) {
    path = dirname(path);
    if (existsSync(join(path, "node_modules"))) found.push(join(path, "node_modules"));
  }
  return found;
}

/** The paths as Node takes them; `*` stands for all. */
function pathsOf(grant: Grant | undefined): string[] {
  if (!isList(grant)) return grant ? ["*"] : [];
  const { resolve, parse, join } = process.getBuiltinModule("node:path");
  const { existsSync, realpathSync } = process.getBuiltinModule("node:fs");
  const paths = grant.map((path) => resolve(path));
  if (paths.some((path) => path === parse(path).root)) return ["*"];
  return paths.flatMap((path) => {
    // Node takes a path for a folder, with all that is in it, only if the folder exists.
    if (!existsSync(path)) return [path, join(path, "*")];
    const real = realpathSync(path);
    return real === path ? path : [path, real];
  });
}

function isList(grant: Grant | undefined): grant is string[] {
  return Array.isArray(grant) && grant.length > 0;
}

/** Refuses paths with a `*`, which Node takes for any text: more would be granted than was said. */
function refusePatterns({ read, write }: PermissionSet): void {
  const pattern = [read, write].filter(isList).flat().find((path) => path.includes("*"));
  if (pattern === undefined) return;
  throw new PermissionsUnsupportedError(
    `Node takes the * in ${pattern} for any text: grant the folder that it is in instead`,
  );
}

function refuseWeakOptions(): void {
  if (/--(permission|allow-)/.test(process.env.NODE_OPTIONS ?? "")) {
    throw new PermissionsUnsupportedError(
      "NODE_OPTIONS has permissions, which Node would add to those of the tasks: take them out of it",
    );
  }
  if (!canDrop()) {
    throw new PermissionsUnsupportedError(
      `Node ${process.version} has no process.permission.drop(), which permissions need: update Node, run on Deno, ` +
        'or use permissions "inherit"',
    );
  }
}

let known: boolean | undefined;

/** Whether this Node can drop permissions. Only a process with permissions can tell. */
function canDrop(): boolean {
  known ??= process.getBuiltinModule("node:child_process").spawnSync(
    process.execPath,
    ["--permission", "-p", "typeof process.permission.drop"],
    {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      windowsHide: true,
      // Without NODE_OPTIONS, whose imports could not be read there.
      env: { ...process.env, NODE_OPTIONS: undefined },
    },
  ).stdout?.trim() === "function";
  return known;
}
