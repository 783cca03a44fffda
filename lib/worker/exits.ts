/**
 * Notices code that ends its own worker, in time for what is finished to be sent.
 *
 * @module
 */

/** An object with a function that ends the worker. */
type Owner = Record<string, unknown> | undefined;

/** Calls `before` with the function's name whenever one of the runtime's ways to end this realm is called. */
export function beforeExit(before: (how: string) => void): void {
  const { Deno } = globalThis as unknown as { Deno: Owner };
  wrap(Deno, "exit", () => before(isOfProcess(new Error().stack) ? "process.exit" : "Deno.exit"));
  wrap(globalThis as unknown as Owner, "close", () => before("self.close"));
  // In Deno `process` is loaded when it is first looked at, which takes as long as the rest of a thread's start; and
  // its `exit` calls Deno's.
  if (!Deno || isLoaded()) beforeProcessExit(before);
}

/** The same for what `process` has. */
function beforeProcessExit(before: (how: string) => void): void {
  const { process } = globalThis as unknown as { process: Owner };
  // Deno's would tell it twice.
  if (!("Deno" in globalThis)) wrap(process, "exit", () => before("process.exit"));
  wrap(process, "abort", () => before("process.abort"));
}

/** Whether `process` is more than a promise of it. */
function isLoaded(): boolean {
  return Object.getOwnPropertyDescriptor(globalThis, "process")?.get === undefined;
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
