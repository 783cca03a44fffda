/**
 * `node:fs`, as far as the command line uses it in every run. What fails here is left to the whole module, whose errors read
 * the same on all runtimes.
 */

import { Deno, isLight, whole } from "./whole.ts";

/** Saved before a task in this thread can replace them. */
const writers = [Deno.stdout, Deno.stderr].map((stream) => stream.writeSync.bind(stream));

/** The state of a file. */
class Stats {
  constructor(info: Deno.FileInfo) {
    const { isFile, isDirectory, isSymlink, isBlockDevice, isCharDevice, isFifo, isSocket, ...numbers } =
      info;
    const kinds = { isFile, isDirectory, isSymbolicLink: isSymlink, isBlockDevice, isFIFO: isFifo, isSocket };
    Object.assign(this, numbers);
    for (const [name, is] of Object.entries({ ...kinds, isCharacterDevice: isCharDevice })) {
      Object.defineProperty(this, name, { value: () => is });
    }
  }
}

/** Calls `light`, and `otherwise` if that throws. */
function attempt<T>(light: () => T, otherwise: () => T): T {
  if (!isLight) return otherwise();
  try {
    return light();
  } catch {
    return otherwise();
  }
}

export function statSync(path: string, ...more: unknown[]): unknown {
  const otherwise = () => whole("node:fs").statSync(path, ...more);
  return isText(path) && more.length === 0
    ? attempt(() => new Stats(Deno.statSync(path)), otherwise)
    : otherwise();
}

export function fstatSync(fd: number): unknown {
  const otherwise = () => whole("node:fs").fstatSync(fd);
  if (Deno.build.os !== "linux" || fd > 2) return otherwise();
  return attempt(() => new Stats(Deno.statSync(`/proc/self/fd/${fd}`)), otherwise);
}

export function existsSync(path: string): boolean {
  const otherwise = () => whole("node:fs").existsSync(path);
  if (!isLight || !isText(path)) return otherwise();
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === "ENOENT" ? false : otherwise();
  }
}

export function readFileSync(path: string, ...more: unknown[]): unknown {
  const otherwise = () => whole("node:fs").readFileSync(path, ...more);
  return isText(path) && more.length === 1 && more[0] === "utf8"
    ? attempt(() => Deno.readTextFileSync(path), otherwise)
    : otherwise();
}

export function realpathSync(path: string, ...more: unknown[]): string {
  const otherwise = () => whole("node:fs").realpathSync(path, ...more);
  return isText(path) && more.length === 0 ? attempt(() => Deno.realPathSync(path), otherwise) : otherwise();
}

export function writeSync(fd: number, bytes: Uint8Array, ...more: unknown[]): number {
  const otherwise = () => whole("node:fs").writeSync(fd, bytes, ...more);
  const isStream = fd === 1 || fd === 2;
  return isStream && bytes instanceof Uint8Array && more.length === 0
    ? attempt(() => writers[fd - 1](bytes), otherwise)
    : otherwise();
}

export const constants: Record<string, number> = new Proxy({}, {
  get: (_, name) => whole("node:fs").constants[name],
});

function isText(path: unknown): path is string {
  return typeof path === "string" && path !== "";
}
