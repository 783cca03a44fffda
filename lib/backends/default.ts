/**
 * The only place that asks which runtime this is, but for what is one runtime's own.
 *
 * @module
 */

import { PermissionsUnsupportedError } from "../errors.ts";
import type { Permissions, PermissionSet } from "../wire/permissions.ts";
import type { Backend } from "./backend.ts";
import { childProcessBackend } from "./child_process.ts";
import { inlineBackend } from "./inline.ts";
import { refuseOnNode } from "./node_permissions.ts";
import { webWorkerBackend } from "./web_worker.ts";
import { hasWorkerOptions } from "./worker_options.ts";
import { workerThreadsBackend } from "./worker_threads.ts";

/** Where tasks run: in threads, in processes, or in the caller's own thread. */
export type Isolation = "thread" | "process" | "none";

/** The parts of the runtimes that are asked for here. */
const { Deno } = globalThis as { Deno?: { cwd(): string } };

/** Not looked at where there is Deno, which would load it. */
const process = Deno
  ? undefined
  : (globalThis as { process?: { cwd(): string; getBuiltinModule?: unknown } }).process;

/** Whether a Web Worker can be had and its end noticed: Node has none, and Bun has no locks that tell of it. */
const hasWebWorkers = "Worker" in globalThis && "locks" in navigator;

/** The backend that gives this isolation on this runtime. */
export function backendFor(isolation: Isolation, permissions: Permissions): Backend {
  const granted = permissions === "none" ? {} : permissions === "inherit" ? undefined : permissions;
  if (granted) refuseUnenforceable(isolation, granted);
  switch (isolation) {
    case "thread":
      return !hasWebWorkers && process?.getBuiltinModule ? workerThreadsBackend : webWorkerBackend(granted);
    case "process":
      return childProcessBackend(granted);
    case "none":
      return inlineBackend;
    default:
      return isolation satisfies never;
  }
}

/** @throws {PermissionsUnsupportedError} if this runtime cannot hold tasks to permissions of their own in this way */
function refuseUnenforceable(isolation: Isolation, granted: PermissionSet): void {
  if (isolation === "none") {
    throw new PermissionsUnsupportedError(
      'isolation "none" shares the caller\'s permissions: use "thread" or "process", or permissions "inherit"',
    );
  }
  if (!Deno && isolation === "thread") {
    throw new PermissionsUnsupportedError(
      'This runtime cannot hold threads to permissions: use isolation "process", or permissions "inherit"',
    );
  }
  if (!Deno) return refuseOnNode(granted);
  if (isolation === "thread" && !hasWorkerOptions()) {
    throw new PermissionsUnsupportedError(
      "Permissions for threads need Deno's worker options: run deno with --unstable-worker-options (or " +
        '"unstable": ["worker-options"] in deno.json), or use isolation "process", or permissions "inherit"',
    );
  }
}

/** How many workers fill this machine. */
export function defaultWorkers(): number {
  return navigator.hardwareConcurrency || 1;
}

/**
 * A module as the user names it → an absolute URL. A path is relative to the working directory; what
 * has a scheme (`https:`, `npm:`, `data:`) stays as it is.
 */
export function resolveModule(module: URL | string): string {
  if (typeof module !== "string") return module.href;
  // Two letters at least: `C:\tasks.ts` is a path.
  if (/^[a-z][a-z0-9+.-]+:/i.test(module)) return module;
  const encoded = module.replaceAll("%", "%25").replaceAll("#", "%23").replaceAll("?", "%3F");
  return new URL(encoded, baseUrl()).href;
}

function baseUrl(): string {
  const cwd = Deno?.cwd() ?? process?.cwd();
  if (cwd === undefined) return globalThis.location.href;
  const path = cwd.replaceAll("%", "%25").replaceAll("#", "%23").replaceAll("?", "%3F");
  return `file://${path.startsWith("/") ? "" : "/"}${path.replaceAll("\\", "/")}/`;
}
