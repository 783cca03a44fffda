/**
 * The C library of the system, for what Deno itself has no function for.
 *
 * @module
 */

/** The parts of Deno that matter here. */
const { Deno } = globalThis as unknown as {
  Deno: {
    build: { os: string };
    permissions: { querySync(descriptor: { name: "ffi" }): { state: string } };
  };
};

/** Its name for `Deno.dlopen`, by system. */
const LIBRARIES: Record<string, string> = {
  linux: "libc.so.6",
  darwin: "/usr/lib/libSystem.B.dylib",
  windows: "ucrtbase.dll",
};

/**
 * Its name, to be called on Deno. Undefined on other systems, and where this program may not use it: nobody is asked for
 * the permission. A system that keeps it elsewhere makes `Deno.dlopen` throw.
 */
export function cLibrary(): string | undefined {
  if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") return undefined;
  return LIBRARIES[Deno.build.os];
}

/** The function that ends the process with an exit code and does nothing else. */
export const EXIT_NOW = { _exit: { parameters: ["i32"], result: "void" } } as const;
