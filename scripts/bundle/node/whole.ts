/** Loads a module of Node when one of its functions is called. */

/** Saved before a task in this thread can replace it. */
export const { Deno } = globalThis;

/** `process`, which has every function that is not light. */
// deno-lint-ignore no-explicit-any -- a part of it that a light module needs is whatever the command line calls
type Whole = any;

/**
 * Whether anything is light. On Windows, Node's functions translate signals and paths. Without a permission, Deno may ask
 * for it where Node's functions do not.
 */
export const isLight: boolean = Deno.build.os !== "windows" &&
  (["read", "write", "env", "net", "sys", "run", "ffi"] as const).every((name) =>
    Deno.permissions.querySync({ name }).state === "granted"
  );

const { get, ...others } = Object.getOwnPropertyDescriptor(globalThis, "process")!;

let loaded = !get;

// A task in this thread may use it, too, and listen to its events.
if (get) {
  Object.defineProperty(globalThis, "process", {
    ...others,
    get() {
      loaded = true;
      return get.call(globalThis);
    },
  });
}

/** Whether any code has used `process`. */
export function isLoaded(): boolean {
  return loaded;
}

/** Returns `process`. Deno takes 11 ms of CPU time to load it. */
export function wholeProcess(): Whole {
  return (globalThis as unknown as { process: Whole }).process;
}

/** Returns a module. Deno takes 5 (`node:path`) to 23 ms (`node:fs`) of CPU time to load it. */
export function whole(name: string): Whole {
  return wholeProcess().getBuiltinModule(name);
}
