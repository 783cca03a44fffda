/**
 * Recognizes inputs that a second process cannot read again: stdin, and the descriptors that a shell makes for `<(…)`.
 *
 * @module
 */

import { statsOf } from "../../paths.ts";

const STDIN = /^(-|\/dev\/stdin|\/dev\/fd\/0|\/proc\/self\/fd\/0)$/;
const DESCRIPTOR = /^(\/dev\/fd|\/proc\/(self|\d+)\/fd)\/\d+$/;

/** Whether a path names stdin. */
export function isStdin(path: unknown): boolean {
  return typeof path === "string" && STDIN.test(path);
}

/** Whether a path names an open file of one process, as that of `<(…)`: in another process it is nothing, or another. */
export function isDescriptor(path: unknown): boolean {
  return typeof path === "string" && DESCRIPTOR.test(path) && !isStdin(path);
}

/** Whether a path names what is empty once it was read: an open file of this process, or a pipe with a name. */
export function isOnceOnly(path: string): boolean {
  return isDescriptor(path) ||
    (!isStdin(path) && statsOf(path)?.isFIFO() === true);
}
