/**
 * `node:url`, as far as the command line uses it in every run. Only names in which nothing is escaped are handled here.
 *
 * @module
 */

import { isLight, whole } from "./whole.ts";

/** An absolute path of which no character is escaped in a URL. */
const PLAIN = /^(?:\/[\w@+-][\w.@+-]*)+\/?$/;

export function fileURLToPath(url: string | URL): string {
  const { href } = new URL(url);
  const path = href.slice("file://".length);
  return isLight && href.startsWith("file:///") && PLAIN.test(path)
    ? path
    : whole("node:url").fileURLToPath(url);
}

export function pathToFileURL(path: string, ...more: unknown[]): URL {
  return isLight && more.length === 0 && PLAIN.test(path)
    ? new URL(`file://${path}`)
    : whole("node:url").pathToFileURL(path, ...more);
}
