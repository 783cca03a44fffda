/**
 * Notices code that ends its own worker, in time for what is finished to be sent.
 *
 * @module
 */

/** An object with a function that ends the worker. */
type Owner = Record<string, unknown> | undefined;

const { Deno } = globalThis as unknown as { Deno: Owner };

/**
 * Calls `before` with the function's name whenever one of the runtime's ways to end this realm is called. Deno's
 * `process` is not looked at unless it is handed in: it is loaded at the first look, which takes as long as the rest of a
 * thread's start, and its `exit` calls Deno's.
 */
export function beforeExit(before: (how: string) => void, process: object | undefined = ownProcess()): void {
  wrap(Deno, "exit", () => before(isOfProcess(new Error().stack) ? "process.exit" : "Deno.exit"));
  wrap(globalThis as unknown as Owner, "close", () => before("self.close"));
  // Deno would tell it twice.
  if (!Deno) wrap(process as Owner, "exit", () => before("process.exit"));
  wrap(process as Owner, "abort", () => before("process.abort"));
}

function ownProcess(): object | undefined {
  return Deno ? undefined : (globalThis as { process?: object }).process;
}

function isOfProcess(stack: string | undefined): boolean {
  return stack !== undefined && /node:process|\bprocess\.exit\b/.test(stack);
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
