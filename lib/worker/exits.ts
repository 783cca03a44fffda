/**
 * Notices code that ends its own worker, in time for what is finished to be sent.
 *
 * @module
 */

/** An object with a function that ends the worker. */
type Owner = Record<string, unknown> | undefined;

/** Calls `before` with the function's name whenever one of the runtime's ways to end this realm is called. */
export function beforeExit(before: (how: string) => void): void {
  const { Deno, process } = globalThis as unknown as { Deno: Owner; process: Owner };
  wrap(Deno, "exit", () => before("Deno.exit"));
  wrap(process, "exit", () => before("process.exit"));
  wrap(process, "abort", () => before("process.abort"));
  wrap(globalThis as unknown as Owner, "close", () => before("self.close"));
}

function wrap(owner: Owner, name: string, before: () => void): void {
  const original = owner?.[name];
  if (!owner || typeof original !== "function") return;
  // Node's threads have some of them only to throw: these end nothing.
  if ((original as { disabled?: boolean }).disabled) return;
  const value = (...args: unknown[]) => {
    before();
    return original.apply(owner, args);
  };
  try {
    Object.defineProperty(owner, name, { value, configurable: true, writable: true });
  } catch {
    // It cannot be replaced here: the worker's end is noticed all the same, only later.
  }
}
