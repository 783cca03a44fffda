/**
 * Takes stdin and stdout on Deno. Deno's functions use both by their descriptor numbers in every thread. Both are
 * duplicated to other numbers, and the old numbers then refer to other files. If stdin is not a terminal, Deno also
 * cannot prompt for permissions.
 */

import process from "node:process";
import { getSystemErrorName } from "node:util";
import { cLibrary } from "./c_library.ts";
import type { Taken } from "./taken.ts";

/** The C functions. `read` and `write` are declared twice: one waits in another thread, the other returns at once, with its error. */
const FUNCTIONS = {
  dup: { parameters: ["i32"], result: "i32" },
  dup2: { parameters: ["i32", "i32"], result: "i32" },
  open: { parameters: ["buffer", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  ioctl: { parameters: ["i32", "usize"], result: "i32" },
  fcntl: { parameters: ["i32", "i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize", nonblocking: true },
  readNow: { name: "read", parameters: ["i32", "buffer", "usize"], result: "isize" },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize", nonblocking: true },
  writeNow: { name: "write", parameters: ["i32", "buffer", "usize"], result: "isize" },
} as const;

/**
 * The differences between systems: the function that returns the error, the `ioctl` request that closes a descriptor in
 * child processes, and a flag.
 */
const SYSTEMS: Record<string, { errno: string; closeInChildren: bigint; nonBlocking: number }> = {
  linux: { errno: "__errno_location", closeInChildren: 0x5451n, nonBlocking: 0x800 },
  darwin: { errno: "__error", closeInChildren: 0x20006601n, nonBlocking: 0x4 },
};

const GET_FLAGS = 3;

type Bytes = Uint8Array;

interface Functions {
  dup(fd: number): number;
  dup2(from: number, to: number): number;
  open(path: Bytes, flags: number): number;
  close(fd: number): number;
  ioctl(fd: number, request: bigint): number;
  fcntl(fd: number, command: number): number;
  read(fd: number, buffer: Bytes, length: bigint): Promise<bigint>;
  readNow(fd: number, buffer: Bytes, length: bigint): bigint;
  write(fd: number, bytes: Bytes, length: bigint): Promise<bigint>;
  writeNow(fd: number, bytes: Bytes, length: bigint): bigint;
  errno(): unknown;
}

const { Deno } = globalThis as unknown as {
  Deno: {
    dlopen(library: string, functions: object): { symbols: Functions };
    UnsafePointerView: new (pointer: unknown) => { getInt32(): number };
  };
};

/** The C functions of a library; undefined if it cannot be used. */
function functionsOf(library: string, errnoName: string): Functions | undefined {
  try {
    const errno = { name: errnoName, parameters: [], result: "pointer" };
    return Deno.dlopen(library, { ...FUNCTIONS, errno }).symbols;
  } catch {
    return undefined;
  }
}

/** Takes both. Takes nothing if the C library cannot be used: without the permission, or on a system that keeps it elsewhere. */
export function take(): Taken {
  const system = SYSTEMS[process.platform];
  const library = cLibrary();
  if (!system || library === undefined) return {};
  const functions = functionsOf(library, system.errno);
  if (!functions) return {};
  const c: Functions = functions;
  const nothing = c.open(new TextEncoder().encode("/dev/null\0"), 0);
  const [stdin, stdout] = [move(0, nothing), move(1, 2)];
  c.close(nothing);
  return {
    stdin: stdin === undefined ? undefined : {
      fd: stdin,
      async read(buffer) {
        const length = BigInt(buffer.length);
        const count = await c.read(stdin, buffer, length);
        const again = counted(count, () => c.readNow(stdin, buffer, length));
        // The other side has reset the connection. The system reports this once, and afterwards the end of the input.
        if (count < 0n && again === 0 && !isNonBlocking(stdin)) {
          throw Object.assign(new Error("ECONNRESET: the connection was broken off"), { code: "ECONNRESET" });
        }
        return again;
      },
    },
    stdout: stdout === undefined ? undefined : {
      fd: stdout,
      async write(bytes) {
        const length = BigInt(bytes.length);
        return counted(await c.write(stdout, bytes, length), () => c.writeNow(stdout, bytes, length));
      },
      writeSync: (bytes) => counted(c.writeNow(stdout, bytes, BigInt(bytes.length))),
    },
  };

  /** Whether the first call may have failed only because there was nothing to read. */
  function isNonBlocking(fd: number): boolean {
    return (c.fcntl(fd, GET_FLAGS) & system.nonBlocking) !== 0;
  }

  /** Moves a descriptor to a new number, and puts `instead` under the old one. Returns the new number. */
  function move(fd: number, instead: number): number | undefined {
    const moved = c.dup(fd);
    if (moved < 0 || instead < 0) return undefined;
    c.ioctl(moved, system.closeInChildren);
    c.dup2(instead, fd);
    return moved;
  }

  /** Returns the count, or throws the error. The error of another thread cannot be read here, so the call is repeated by `again`. */
  function counted(count: bigint, again?: () => bigint): number {
    if (count < 0n && again) count = again();
    if (count >= 0n) return Number(count);
    const code = getSystemErrorName(-new Deno.UnsafePointerView(c.errno()).getInt32());
    throw Object.assign(new Error(`${code}: the system refused`), { code });
  }
}
