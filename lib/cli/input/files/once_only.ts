/** Recognizes inputs that a second process cannot read again: stdin, and the descriptors that a shell makes for `<(…)`. */

import { statsOf } from "../../basics/paths.ts";

const STDIN = /^(-|\/dev\/stdin|\/dev\/fd\/0|\/proc\/self\/fd\/0)$/;
const DESCRIPTOR = /^(\/dev\/fd|\/proc\/(self|\d+)\/fd)\/\d+$/;

export function isStdin(path: unknown): boolean {
  return typeof path === "string" && STDIN.test(path);
}

/** Whether a path names a descriptor of one process, as `<(…)` does. In another process it leads to another file, or to none. */
export function isDescriptor(path: unknown): boolean {
  return typeof path === "string" && DESCRIPTOR.test(path) && !isStdin(path);
}

/** Whether a path names an input that is empty after it was read: a descriptor, or a named pipe. */
export function isOnceOnly(path: string): boolean {
  return isDescriptor(path) ||
    (!isStdin(path) && statsOf(path)?.isFIFO() === true);
}
