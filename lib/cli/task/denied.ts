/** Recognizes an error as a denied permission, and names the flag that grants it. */

import { isPermissionName, type PermissionName } from "../../wire/permissions.ts";
import { MOST_CAUSES } from "./cause_text.ts";

/** Node's names of permissions, with Deno's. */
const DENIED: Record<string, PermissionName | undefined> = {
  FileSystemRead: "read",
  FileSystemWrite: "write",
  ChildProcess: "run",
  Net: "net",
  WASI: "ffi",
  FFI: "ffi",
};

interface Denial {
  code?: string;
  permission?: string;
  resource?: string;
  /** Set for a connection, in place of `permission`. */
  syscall?: string;
  address?: string;
  hostname?: string;
}

/** Deno's advice in a compiled program. It is meant for the developer who compiles the program. */
const COMPILED = /specify the required permissions during compilation using `deno compile (--allow-\w+)`/;

/**
 * The denied access and the flag that grants it, if the runtime's own message does not name that flag. Node's message names
 * another flag, and that of a compiled program a flag of `deno compile`.
 */
export function deniedAccess(error: Error): string | undefined {
  if (COMPILED.test(error.message)) return error.message.replace(COMPILED, "run again with the $1 flag");
  // fetch's own error has the denial as its cause.
  const source = error.message === "fetch failed" && error.cause instanceof Error ? error.cause : error;
  const { code, permission, syscall, address, hostname, resource = address ?? hostname } = source as Denial;
  // Deno's answer to node:http, node:net and node:dns. The system's own errors of getaddrinfo begin with EAI_ or ENOTFOUND.
  if (code === "EPERM" && syscall === "getaddrinfo") return grantedBy("net", resource);
  if (code === "ERR_DLOPEN_DISABLED") return `${error.message} --allow-ffi grants it`;
  if (code !== "ERR_ACCESS_DENIED") return undefined;
  const name = DENIED[permission ?? (syscall === undefined ? "" : "Net")];
  return name && grantedBy(name, resource);
}

/** The message for a denied access, in Deno's words. */
function grantedBy(name: PermissionName, resource?: string): string {
  const what = resource ? `${name} access to ${JSON.stringify(resource)}` : `${name} access`;
  return `Requires ${what}, run again with the --allow-${name} flag`;
}

export interface Denied {
  permission: PermissionName;
  /** The runtime's message, with the file or the host. */
  access: string;
}

/**
 * Returns the denied access that made a task fail, if any. Also visits the causes of its error, and the errors of an
 * `AggregateError`, such as that of `Promise.any`.
 */
export function deniedOf(thrown: unknown): Denied | undefined {
  const errors = [thrown];
  for (let at = 0; at < Math.min(errors.length, MOST_CAUSES); at++) {
    const error = errors[at];
    if (!(error instanceof Error)) continue;
    const access = deniedAccess(error) ?? String(error.message);
    const name = /--allow-(\w+) (?:flag$|grants it$)/m.exec(access)?.[1] ?? "";
    if (isPermissionName(name)) return { permission: name, access };
    errors.push(error.cause, ...(error instanceof AggregateError ? error.errors.slice(0, MOST_CAUSES) : []));
  }
  return undefined;
}
