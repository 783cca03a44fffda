/** `node:path`, as far as the command line uses it in every run. Windows has the whole module. */

import { Deno, whole } from "./whole.ts";

const isPosix = Deno.build.os !== "windows";

export const sep: string = isPosix ? "/" : whole("node:path").sep;

export function isAbsolute(path: string): boolean {
  return isPosix ? path.startsWith("/") : whole("node:path").isAbsolute(path);
}

export function join(...paths: string[]): string {
  if (!isPosix) return whole("node:path").join(...paths);
  return normalized(paths.filter((path) => path !== "").join("/"));
}

export function resolve(...paths: string[]): string {
  if (!isPosix) return whole("node:path").resolve(...paths);
  const from = paths.findLastIndex((path) => path.startsWith("/"));
  const all = from === -1 ? [Deno.cwd(), ...paths] : paths.slice(from);
  return withoutSlashes(normalized(all.filter((path) => path !== "").join("/")));
}

export function dirname(path: string): string {
  // Node keeps some of several slashes.
  if (!isPosix || path.includes("//")) return whole("node:path").dirname(path);
  const trimmed = withoutSlashes(path);
  const end = trimmed.lastIndexOf("/");
  if (end === -1) return ".";
  return end === 0 ? "/" : trimmed.slice(0, end);
}

export function basename(path: string, suffix?: string): string {
  if (!isPosix || suffix !== undefined) return whole("node:path").basename(path, suffix);
  const trimmed = withoutSlashes(path);
  return trimmed.slice(trimmed.lastIndexOf("/") + 1);
}

export function extname(path: string): string {
  if (!isPosix) return whole("node:path").extname(path);
  const name = basename(path);
  const dot = name.lastIndexOf(".");
  return dot <= 0 || name === ".." ? "" : name.slice(dot);
}

/** Resolves `.` and `..`, and leaves one slash where there are several. */
function normalized(path: string): string {
  const isAbsolute = path.startsWith("/");
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (!isAbsolute) parts.push("..");
  }
  const end = parts.length > 0 && path.endsWith("/") ? "/" : "";
  return `${isAbsolute ? "/" : ""}${parts.join("/")}${end}` || (path.endsWith("/") ? "./" : ".");
}

/** The path without the slashes at its end; the root stays. */
function withoutSlashes(path: string): string {
  return path.replace(/(?<=[^/])\/+$/, "").replace(/^\/+$/, "/");
}
