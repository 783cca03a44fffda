/** Chooses the backend. Apart from files about one runtime, only this file asks which runtime it runs on. */

import { PermissionsUnsupportedError } from "../errors.ts";
import type { Permissions, PermissionSet } from "../wire/permissions.ts";
import { tooOld } from "../wire/runtime_version.ts";
import type { Backend } from "./backend.ts";
import type { WorkerInit } from "../wire/worker_init.ts";
import { childProcessBackend } from "./child_process.ts";
import { inlineBackend } from "./inline.ts";
import { refuseOnNode } from "./node_permissions.ts";
import { servedBackend, type StartWorker, type WebWorker, webWorkerBackend } from "./web_worker.ts";
import { hasWorkerOptions } from "./deno_options.ts";
import { refuseUnsettable, type WorkerSettings } from "./worker_settings.ts";
import { workerThreadsBackend } from "./worker_threads.ts";

export type { ResourceLimits } from "./worker_settings.ts";
export type { StartWorker, WebWorker, WorkerSettings };

/** Where tasks run: in threads, in processes, or in the caller's own thread. */
export type Isolation = "thread" | "process" | "none";

/** The parts of Deno that are used here. */
const { Deno } = globalThis as { Deno?: { cwd(): string; build: { standalone: boolean } } };

/** Undefined on Deno, which would load its `process` on first access. */
const process = Deno
  ? undefined
  : (globalThis as { process?: { cwd(): string; getBuiltinModule?: unknown } }).process;

/** Whether the runtime can start processes: Deno, Node and Bun can. */
const hasProcesses = Deno !== undefined || process?.getBuiltinModule !== undefined;

/** Whether there are Web Workers whose end can be noticed. Node has no Web Workers, and Bun no Web Locks. */
const hasWebWorkers = "Worker" in globalThis && "locks" in navigator;

/** The task module, null for inline functions, or a function that starts a worker which serves the tasks. */
type Module = URL | string | null | StartWorker;

export function backendFor(
  module: Module,
  { isolation, permissions, denoOptions, console, settings = {} }: {
    isolation: Isolation;
    permissions: Permissions;
    denoOptions?: string[];
    console?: WorkerInit["console"];
    settings?: WorkerSettings;
  },
): Backend {
  if (!hasProcesses) refuseWeakPage(isolation);
  const granted = permissions === "none" ? {} : permissions === "inherit" ? undefined : permissions;
  const isNode = !hasWebWorkers && hasProcesses;
  const isThreadOfNode = isNode && isolation === "thread" && typeof module !== "function" &&
    !("Bun" in globalThis);
  if (console === "event" && isolation !== "process" && !isThreadOfNode) {
    throw new TypeError(
      'console: "event" needs workers whose output can be read: use isolation "process", or threads on Node',
    );
  }
  if (console === "task" && !hasProcesses) {
    throw new TypeError(
      'console: "task" needs Deno, Node or Bun: a page has no streams to which tasks print',
    );
  }
  refuseUnsettable(settings, {
    isolation,
    isDeno: Deno !== undefined,
    isNode: isNode && typeof module !== "function",
    isCompiled: Deno?.build.standalone ?? false,
    isRestricted: granted !== undefined,
  });
  if (typeof module === "function") return backendOf(module, isolation, granted);
  if (granted) refuseUnenforceable(isolation, granted);
  switch (isolation) {
    case "thread":
      return isNode ? workerThreadsBackend(settings) : webWorkerBackend(granted);
    case "process":
      return childProcessBackend({ permissions: granted, denoOptions, settings });
    case "none":
      return inlineBackend;
    default:
      return isolation satisfies never;
  }
}

/** Returns the backend of workers that the program starts. */
function backendOf(start: StartWorker, isolation: Isolation, granted: PermissionSet | undefined): Backend {
  if (isolation !== "thread") {
    throw new TypeError(
      `A function that starts a worker starts a thread: isolation must be "thread", got "${isolation}"`,
    );
  }
  if (granted) {
    throw new PermissionsUnsupportedError(
      'A worker that the program starts has the permissions that the program gives it: leave permissions "inherit"',
    );
  }
  if (!("Worker" in globalThis)) {
    throw new TypeError(
      "This runtime has no Web Workers, which a function could start: pass the module's URL instead",
    );
  }
  return servedBackend(start);
}

/**
 * Refuses isolations that a web page cannot have.
 *
 * @throws {TypeError} if this page cannot have the isolation
 */
function refuseWeakPage(isolation: Isolation): void {
  if (isolation === "process") throw new TypeError('A browser has no processes: use isolation "thread"');
  if (isolation === "thread" && !hasWebWorkers) {
    throw new TypeError(
      "Workers need Web Locks, which this page lacks: serve it by https: or from localhost",
    );
  }
}

/** @throws {PermissionsUnsupportedError} if this runtime cannot enforce a worker's own permissions with this isolation */
function refuseUnenforceable(isolation: Isolation, granted: PermissionSet): void {
  if (isolation === "none") {
    throw new PermissionsUnsupportedError(
      'isolation "none" shares the caller\'s permissions: use isolation "thread" or "process", or permissions "inherit"',
    );
  }
  if (!hasProcesses || "Bun" in globalThis) {
    throw new PermissionsUnsupportedError(
      `${hasProcesses ? "Bun" : "A browser"} cannot enforce permissions: use permissions "inherit"`,
    );
  }
  if (!Deno && isolation === "thread") {
    throw new PermissionsUnsupportedError(
      'This runtime cannot enforce permissions for threads: use isolation "process", or permissions "inherit"',
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

/** @throws {Error} if the runtime is too old */
export function refuseOldRuntime(): void {
  const reason = tooOld();
  if (reason !== undefined) throw new Error(reason);
}

/** Returns the default number of workers: one per core. */
export function defaultWorkers(): number {
  return navigator.hardwareConcurrency || 1;
}

/**
 * Returns the absolute URL of a module. A path is relative to the working directory (in a browser, to the page). A
 * module with a scheme (`https:`, `npm:`, `data:`) is returned unchanged.
 */
export function resolveModule(module: Module): string | null {
  // Used only in messages, because such a worker has its tasks itself.
  if (typeof module === "function") return "the worker";
  if (module instanceof URL) return module.href;
  if (module === null) return null;
  if (typeof module !== "string" || module === "") {
    const got = module === "" ? "an empty path" : String(module);
    throw new TypeError(
      `The module must be a URL, a path, a function that starts a worker, or null for inline functions, got ${got}`,
    );
  }
  // At least two letters, because `C:\tasks.ts` is a path.
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
