/** The C library of the system. It has functions that Deno lacks. */

const { Deno } = globalThis as unknown as {
  Deno: {
    build: { os: string };
    dlopen(
      library: string,
      functions: object,
    ): { symbols: { sigaction(signal: number, set: null, state: Uint8Array): number } };
    permissions: { querySync(descriptor: { name: "ffi" }): { state: string } };
  };
};

/** The name of the library for `Deno.dlopen`, by system. */
const LIBRARIES: Record<string, string> = {
  linux: "libc.so.6",
  darwin: "/usr/lib/libSystem.B.dylib",
  windows: "ucrtbase.dll",
};

/**
 * Returns the name of the library. Call it only on Deno. Undefined on other systems, and without the permission, for
 * which the user is not asked. `Deno.dlopen` throws on a system that keeps the library elsewhere.
 */
export function cLibrary(): string | undefined {
  if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") return undefined;
  return LIBRARIES[Deno.build.os];
}

/** The function that ends the process with an exit code and does nothing else. */
export const EXIT_NOW = { _exit: { parameters: ["i32"], result: "void" } } as const;

const SIGACTION = { sigaction: { parameters: ["i32", "pointer", "buffer"], result: "i32" } } as const;

/** Whether this process ignores a signal. False if the C library cannot be used. Call it only on Deno. */
export function isIgnored(signal: number): boolean {
  const library = cLibrary();
  if (library === undefined) return false;
  try {
    // The state begins with the handler, as a pointer, in which 1 stands for none. It is smaller than this on every system.
    const state = new BigUint64Array(64);
    const { sigaction } = Deno.dlopen(library, SIGACTION).symbols;
    return sigaction(signal, null, new Uint8Array(state.buffer)) === 0 && state[0] === 1n;
  } catch {
    // Windows has no such function.
    return false;
  }
}
