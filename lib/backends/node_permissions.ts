/**
 * Converts permissions to the flags of Node's permission model. Refuses permissions that this model cannot deny, or cannot grant by a list.
 */

import { PermissionsUnsupportedError } from "../errors.ts";
import type { Grant, PermissionSet } from "../wire/permissions.ts";

/** The parts of Node that are used here. */
const runtime = globalThis as unknown as {
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

const has = (flag: string) => runtime.process.allowedNodeEnvironmentFlags.has(flag);

/**
 * Refuses permissions that Node cannot enforce exactly.
 *
 * @throws {PermissionsUnsupportedError} if there are such permissions
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
    unlistable.length > 0 && `cannot grant ${unlistable.join(", ")} by a list: use true or false`,
  ].filter(Boolean);
  if (wrong.length === 0) return;
  throw new PermissionsUnsupportedError(
    `Node ${runtime.process.version} ${
      wrong.join(", and it ")
    }; or run on Deno, or use permissions "inherit"`,
    { undeniable, unlistable },
  );
}

/**
 * Returns the flags for a process with the granted permissions. `worker/seal.ts` later drops the grants that are needed only for the start.
 */
export function nodeFlags(
  granted: PermissionSet,
  { entry, module }: { entry: string; module: string | null },
): string[] {
  const { root } = runtime.process.getBuiltinModule("node:path").parse(entry);
  const [read, write] = [pathsOf(granted.read), pathsOf(granted.write)];
  const all = read.includes("*") && write.includes("*");
  return [
    "--permission",
    // Node warns about many grants, and about --allow-worker, which is dropped later.
    "--disable-warning=SecurityWarning",
    "--allow-worker",
    granted.run === true && "--allow-child-process",
    ...(granted.ffi === true ? ["--allow-addons", "--allow-wasi", has("--allow-ffi") && "--allow-ffi"] : []),
    granted.net === true && has("--allow-net") && "--allow-net",
    // node:sqlite opens files without asking for permission.
    !all && has("--experimental-sqlite") && "--no-experimental-sqlite",
    ...write.map((path) => `--allow-fs-write=${path}`),
    // The packages that `require()` loads are not known before it runs. As on Deno, packages need no grant.
    ...[...read, ...packageFolders(module)].map((path) => `--allow-fs-read=${path}`),
    // Needed to load the worker and the module. This comes last, because Node ignores later grants within this folder.
    !read.includes("*") && `--allow-fs-read=${root}`,
  ].filter((flag) => typeof flag === "string");
}

/** Returns Node's options without those that would grant more. */
export function withoutPermissions(options: string[]): string[] {
  return options.filter((option, at) => {
    const isPath = /^--allow-fs-(read|write)$/.test(options[at - 1] ?? "");
    return !isPath && !/^--(no-)?(permission|experimental-permission|allow-)/.test(option);
  });
}

/** Returns the folders in which Node looks for packages: `node_modules` in the module's folder and above. */
function packageFolders(module: string | null): string[] {
  if (!module?.startsWith("file:")) return [];
  const { dirname, join } = runtime.process.getBuiltinModule("node:path");
  const { existsSync, realpathSync } = runtime.process.getBuiltinModule("node:fs");
  const found: string[] = [];
  let path = runtime.process.getBuiltinModule("node:url").fileURLToPath(module);
  // Node starts at the real path of the file.
  if (existsSync(path)) path = realpathSync(path);
  while (path !== dirname(path)) {
    path = dirname(path);
    if (existsSync(join(path, "node_modules"))) found.push(join(path, "node_modules"));
  }
  return found;
}

/** Returns paths in Node's notation; `*` stands for all. */
function pathsOf(grant: Grant | undefined): string[] {
  if (!isList(grant)) return grant ? ["*"] : [];
  const { resolve, parse, join } = runtime.process.getBuiltinModule("node:path");
  const { existsSync, realpathSync } = runtime.process.getBuiltinModule("node:fs");
  const paths = grant.map((path) => resolve(path));
  if (paths.some((path) => path === parse(path).root)) return ["*"];
  return paths.flatMap((path) => {
    // Node takes a path for a folder with all its content only if the folder exists.
    if (!existsSync(path)) return [path, join(path, "*")];
    const real = realpathSync(path);
    return real === path ? path : [path, real];
  });
}

function isList(grant: Grant | undefined): grant is string[] {
  return Array.isArray(grant) && grant.length > 0;
}

/** Refuses paths with a `*`, which Node takes for any text. That would grant more than the user asked for. */
function refusePatterns({ read, write }: PermissionSet): void {
  const pattern = [read, write].filter(isList).flat().find((path) => path.includes("*"));
  if (pattern === undefined) return;
  throw new PermissionsUnsupportedError(
    `Node takes the * in ${pattern} for any text: grant the folder that contains it instead`,
  );
}

function refuseWeakOptions(): void {
  if (/--(permission|allow-)/.test(runtime.process.env.NODE_OPTIONS ?? "")) {
    throw new PermissionsUnsupportedError(
      "NODE_OPTIONS has permissions, which Node would add to those of the tasks: remove them from NODE_OPTIONS",
    );
  }
  if (!canDrop()) {
    throw new PermissionsUnsupportedError(
      `Node ${runtime.process.version} has no process.permission.drop(), which permissions need: update Node, run on Deno, ` +
        'or use permissions "inherit"',
    );
  }
}

let known: boolean | undefined;

/** Whether this Node can drop permissions. Only a process with permissions can tell. */
function canDrop(): boolean {
  known ??= runtime.process.getBuiltinModule("node:child_process").spawnSync(
    runtime.process.execPath,
    ["--permission", "-p", "typeof process.permission.drop"],
    {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      windowsHide: true,
      // Without NODE_OPTIONS, because modules that it imports could not be read there.
      env: { ...process.env, NODE_OPTIONS: undefined },
    },
  ).stdout?.trim() === "function";
  return known;
}
