/** `node:url`, as far as the command line uses it in every run. Unusual paths are left to the whole module. */

import { resolve } from "./path.ts";
import { Deno, whole } from "./whole.ts";

const isPosix = Deno.build.os !== "windows";

/** A path that is the same in a URL. */
const PLAIN = /^(\/[\w.~+@,=-]+)+\/?$/;

export function fileURLToPath(url: string | URL): string {
  const text = String(url);
  const path = text.slice("file://".length);
  const isPlain = isPosix && text.startsWith("file://") && PLAIN.test(path) && !path.includes("/.");
  return isPlain ? path : whole("node:url").fileURLToPath(url);
}

export function pathToFileURL(path: string): URL {
  const isPlain = isPosix && PLAIN.test(path.startsWith("/") ? path : `/${path}`);
  const end = path.endsWith("/") ? "/" : "";
  return isPlain ? new URL(`file://${resolve(path)}${end}`) : whole("node:url").pathToFileURL(path);
}
