/**
 * `node:path`, as far as the command line uses it in every run. Paths with empty parts, `.` or `..` are left to the whole
 * module.
 *
 * @module
 */

import { Deno, isLight, whole } from "./whole.ts";

/** A relative path. */
const RELATIVE = /^(?!\.{1,2}(?:\/|$))[^/]+(?:\/(?!\.{1,2}(?:\/|$))[^/]+)*$/;

export const sep: string = Deno.build.os === "windows" ? "\\" : "/";

/** Whether `path` is absolute and has nothing to resolve. */
function isPlain(path: string): boolean {
  return isLight && path[0] === "/" && RELATIVE.test(path.slice(1));
}

function isRelative(path: string): boolean {
  return isLight && RELATIVE.test(path);
}

export function isAbsolute(path: string): boolean {
  return isLight ? path[0] === "/" : whole("node:path").isAbsolute(path);
}

export function dirname(path: string): string {
  if (isPlain(path)) return path.slice(0, path.lastIndexOf("/")) || "/";
  if (isLight && path === "/") return path;
  if (isRelative(path)) return path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : ".";
  return whole("node:path").dirname(path);
}

export function join(...parts: string[]): string {
  const [folder, name] = parts;
  if (parts.length !== 2 || !isRelative(name)) return whole("node:path").join(...parts);
  if (isLight && folder === "/") return `/${name}`;
  if (isLight && folder === ".") return name;
  return isPlain(folder) || isRelative(folder) ? `${folder}/${name}` : whole("node:path").join(...parts);
}

export function resolve(...parts: string[]): string {
  const [path] = parts;
  if (parts.length === 1 && isPlain(path)) return path;
  const folder = Deno.cwd();
  return parts.length === 1 && isRelative(path) && isPlain(folder)
    ? `${folder}/${path}`
    : whole("node:path").resolve(...parts);
}
