/** The C library of the system. It has functions that Deno lacks. */

/** The parts of Deno that this file uses. */
const { Deno } = globalThis as unknown as {
  Deno: {
    build: { os: string };
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
