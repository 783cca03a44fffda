/**
 * Takes stdin on Node and Bun, where every thread can read it by its descriptor number. Either it is opened again, or a
 * helper program relays it. The old number then refers to an empty file. Stdout stays, because `worker/stdout_guard.ts`
 * sends the output of threads to stderr.
 */

import { spawn } from "node:child_process";
import { closeSync, constants, fstatSync, openSync, read, readFileSync, readlinkSync } from "node:fs";
import { devNull } from "node:os";
import process from "node:process";
import { Readable } from "node:stream";
import type { Taken } from "./taken.ts";

export function take({ isInput }: { isInput: boolean }): Taken {
  if (!isInput) return {};
  const stdin = openAgain() ?? handOver();
  closeSync(0);
  // The new file gets the lowest free number, which is the one that was closed above.
  openSync(devNull, "r");
  // Node's own `process.stdin` would abort the process if the number had been a socket.
  let nothing: Readable | undefined;
  const get = () => nothing ??= Readable.from([]);
  Object.defineProperty(process, "stdin", { get, enumerable: true, configurable: true });
  return { stdin };
}

/** Opens stdin again if it is a file, a pipe or a terminal. Undefined for a socket, or a file of another user. */
function openAgain(): Taken["stdin"] {
  const isLinux = process.platform === "linux";
  let fd: number;
  try {
    // Opening a named pipe waits for a writer, which may have ended.
    const wait = isLinux && fstatSync(0).isFIFO() && !readlinkSync("/proc/self/fd/0").startsWith("pipe:");
    fd = openSync("/dev/fd/0", constants.O_RDONLY | constants.O_NOCTTY | (wait ? constants.O_NONBLOCK : 0));
  } catch {
    return undefined;
  }
  // Linux opens the file at its beginning, but another program may have read a part of it.
  let position = isLinux && fstatSync(0).isFile() ? positionOf(0) : null;
  return {
    fd,
    read: (buffer) =>
      new Promise((resolve, reject) =>
        read(fd, buffer, 0, buffer.length, position, (error, length) => {
          if (error) return reject(error);
          if (position !== null) position += length;
          resolve(length);
        })
      ),
  };
}

function positionOf(fd: number): number {
  return Number(/^pos:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))?.[1] ?? 0);
}

/** Starts `cat` to read stdin. It has its own process group, so that a signal to this one does not end the input. */
function handOver(): Taken["stdin"] {
  const child = spawn("cat", [], { stdio: [0, "pipe", "ignore"], detached: true });
  const ended = new Promise<void>((resolve, reject) => {
    child.on("error", reject);
    child.on(
      "exit",
      (code) => code === 0 ? resolve() : reject(new Error("the program that reads it ended early")),
    );
  });
  // The next read rejects.
  ended.catch(() => {});
  process.on("exit", () => child.kill("SIGKILL"));
  const reads = child.stdout![Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  // Read at once: Node discards the output of a program that has ended.
  let next = reads.next();
  let rest: Uint8Array = new Uint8Array(0);
  return {
    fd: undefined,
    async read(buffer) {
      while (rest.length === 0) {
        const { value, done } = await next;
        if (done) return await ended.then(() => 0);
        rest = value;
        next = reads.next();
      }
      const length = Math.min(rest.length, buffer.length);
      buffer.set(rest.subarray(0, length));
      rest = rest.subarray(length);
      return length;
    },
  };
}
