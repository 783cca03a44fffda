/**
 * `node:fs`, as far as the command line uses it in every run. What fails here is left to the whole module, whose errors read
 * the same on all runtimes.
 */

import { basename, dirname, join } from "./path.ts";
import { Deno, isLight, whole } from "./whole.ts";

/** Saved before a task in this thread can replace them. */
const writers = [Deno.stdout, Deno.stderr].map((stream) => stream.writeSync.bind(stream));

/** Some of the system's flags, which are other numbers elsewhere. */
const O: Record<string, number> = { O_RDONLY: 0, O_WRONLY: 1, O_CREAT: 0o100, O_EXCL: 0o200 };
const hasFlags = isLight && Deno.build.os === "linux";

/** What Deno calls the flags with which the command line opens files. */
const OPTIONS = new Map<string | number, Deno.OpenOptions>([
  ["r", { read: true }],
  [O.O_WRONLY, { write: true }],
  [O.O_WRONLY | O.O_CREAT, { write: true, create: true }],
  [O.O_WRONLY | O.O_CREAT | O.O_EXCL, { write: true, createNew: true }],
]);

/** The open files that are light, by numbers that no descriptor of the system has. */
const files = new Map<number, Deno.FsFile>();
let lastFd = 2 ** 30;

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
function attempt<T>(light: () => T, otherwise: () => T, missing?: { syscall: string; path: string }): T {
  if (!isLight) return otherwise();
  try {
    return light();
  } catch (error) {
    if (missing && (error as { code?: string }).code === "ENOENT") throw noEntry(missing);
    return otherwise();
  }
}

/** The error of Node for a missing file, which is no rare one: a run makes its output. */
function noEntry({ syscall, path }: { syscall: string; path: string }): Error {
  const message = `ENOENT: no such file or directory, ${syscall} '${path}'`;
  return Object.assign(new Error(message), { errno: -2, code: "ENOENT", syscall, path });
}

export function statSync(path: string, ...more: unknown[]): unknown {
  const otherwise = () => whole("node:fs").statSync(path, ...more);
  return isText(path) && more.length === 0
    ? attempt(() => new Stats(Deno.statSync(path)), otherwise, { syscall: "stat", path })
    : otherwise();
}

export function fstatSync(fd: number): unknown {
  const file = files.get(fd);
  if (file) return new Stats(file.statSync());
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
    ? attempt(() => Deno.readTextFileSync(path), otherwise, { syscall: "open", path })
    : otherwise();
}

export function realpathSync(path: string, ...more: unknown[]): string {
  const otherwise = () => {
    const at = isText(path) && more.length === 0 ? missingIn(path) : undefined;
    if (at !== undefined) throw noEntry({ syscall: "lstat", path: at });
    return whole("node:fs").realpathSync(path, ...more);
  };
  return isText(path) && more.length === 0 ? attempt(() => Deno.realPathSync(path), otherwise) : otherwise();
}

export function readlinkSync(path: string, ...more: unknown[]): string {
  const otherwise = () => whole("node:fs").readlinkSync(path, ...more);
  return isText(path) && more.length === 0
    ? attempt(() => Deno.readLinkSync(path), otherwise, { syscall: "readlink", path })
    : otherwise();
}

/** The real path of a file that is missing in a folder; undefined if anything else is the case. */
function missingIn(path: string): string | undefined {
  if (!isLight || !isMissing(path)) return undefined;
  try {
    return join(Deno.realPathSync(dirname(path)), basename(path));
  } catch {
    return undefined;
  }
}

/** Only regular files are light: opening a pipe has an effect on its other side. */
export function openSync(path: string, flags: string | number, mode?: number): number {
  const otherwise = () => whole("node:fs").openSync(path, flags, mode);
  const options = hasFlags ? OPTIONS.get(flags) : undefined;
  if (!options || !isText(path)) return otherwise();
  return attempt(() => {
    const isNew = options.createNew || (options.create && isMissing(path));
    if (!isNew && !Deno.statSync(path).isFile) return otherwise();
    files.set(++lastFd, Deno.openSync(path, mode === undefined ? options : { ...options, mode }));
    return lastFd;
  }, otherwise);
}

export function closeSync(fd: number): void {
  const file = files.get(fd);
  if (!file) return whole("node:fs").closeSync(fd);
  files.delete(fd);
  file.close();
}

export function ftruncateSync(fd: number, length?: number): void {
  const file = files.get(fd);
  return file ? file.truncateSync(length) : whole("node:fs").ftruncateSync(fd, length);
}

export function unlinkSync(path: string): void {
  const otherwise = () => whole("node:fs").unlinkSync(path);
  // Deno would remove an empty folder, too.
  return isText(path)
    ? attempt(() => Deno.lstatSync(path).isFile ? Deno.removeSync(path) : otherwise(), otherwise)
    : otherwise();
}

export function writeSync(fd: number, bytes: Uint8Array, ...more: unknown[]): number {
  const file = files.get(fd);
  if (file) return file.writeSync(bytes);
  const otherwise = () => whole("node:fs").writeSync(fd, bytes, ...more);
  const isStream = fd === 1 || fd === 2;
  return isStream && bytes instanceof Uint8Array && more.length === 0
    ? attempt(() => writers[fd - 1](bytes), otherwise)
    : otherwise();
}

type Done = (error: unknown, length?: number) => void;
/** The arguments of `read` and `write` after the descriptor, with which the command line calls them. */
type Part = [bytes: Uint8Array, at: number, length: number, position: null, done: Done];

export function read(fd: number, ...given: Part): void {
  const file = files.get(fd);
  if (!file) return whole("node:fs").read(fd, ...given);
  const [bytes, at, length, , done] = given;
  file.read(bytes.subarray(at, at + length)).then(
    (read) => done(null, read ?? 0),
    (error) => done(named(error)),
  );
}

export function readSync(fd: number, ...given: [ArrayBufferView<ArrayBuffer>]): number {
  const file = files.get(fd);
  if (!file) return whole("node:fs").readSync(fd, ...given);
  const [{ buffer, byteOffset, byteLength }] = given;
  return file.readSync(new Uint8Array(buffer, byteOffset, byteLength)) ?? 0;
}

export function write(fd: number, ...given: Part): void {
  const file = files.get(fd);
  if (!file) return whole("node:fs").write(fd, ...given);
  const [bytes, at, length, , done] = given;
  file.write(bytes.subarray(at, at + length)).then(
    (written) => done(null, written),
    (error) => done(named(error)),
  );
}

export const constants: Record<string, number> = new Proxy({}, {
  get: (_, name: string) => (hasFlags ? O[name] : undefined) ?? whole("node:fs").constants[name],
});

/** Gives an error the form of Node: the code, and the reason in lower case. */
function named(error: { code?: string; message: string }): unknown {
  const reason = error.message.replace(/ \(os error \d+\)$/, "");
  error.message = `${error.code}: ${reason[0].toLowerCase()}${reason.slice(1)}`;
  return error;
}

function isMissing(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return false;
  } catch (error) {
    return (error as { code?: string }).code === "ENOENT";
  }
}

function isText(path: unknown): path is string {
  return typeof path === "string" && path !== "";
}
