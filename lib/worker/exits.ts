/** Notices a call that ends the worker before it takes effect, so that finished results can still be sent. */

import { isSafeInteger, matches } from "../wire/intrinsics.ts";
import type { LastWords } from "../wire/message.ts";

const { apply } = Reflect;

const { Error, Object } = globalThis;

/** An object with a function that ends the worker. */
type Owner = Record<string, unknown> | undefined;

const { Deno } = globalThis as unknown as { Deno: Owner };

interface Exit {
  /** The call, as source text: `process.exit(99)`. */
  call: string;
  /** The exit code; undefined if a signal ends the worker, or if the worker is a thread without exit codes. */
  exitCode: number | undefined;
  /** The signal that ends the worker, if any. */
  signal: string | undefined;
}

/**
 * Calls `before` whenever user code calls a function that ends this realm. On Deno, `process` is used only if the caller passes it, because
 * reading it loads it, which takes as long as the rest of a thread's start. Deno's `process.exit` calls `Deno.exit` anyway.
 */
export function beforeExit(before: (exit: Exit) => void, process: object | undefined = ownProcess()): void {
  const exits = (name: string, owner: Owner) => (code: unknown) => before(exit(name, code, owner?.exitCode));
  const throughProcess = exits("process.exit", Deno);
  const directly = exits("Deno.exit", Deno);
  wrap(Deno, "exit", (code) => isOfProcess(new Error().stack) ? throughProcess(code) : directly(code));
  wrap(globalThis as unknown as Owner, "close", () => before(end("self.close()")));
  // Deno's `process.exit` calls `Deno.exit`, so the call would be noticed twice.
  if (!Deno) wrap(process as Owner, "exit", exits("process.exit", process as Owner));
  wrap(process as Owner, "abort", () => before(end("process.abort()", "SIGABRT")));
}

export function wordsOf({ call, exitCode, signal }: Exit): LastWords {
  return { reason: `it called ${call}`, exitCode, signal, cause: undefined };
}

function end(call: string, signal?: string): Exit {
  return { call, exitCode: undefined, signal };
}

/** `otherwise` is the exit code that was set earlier. It applies to a call without a code. */
function exit(name: string, code: unknown, otherwise: unknown): Exit {
  const number = integer(code);
  return {
    call: `${name}(${number || ""})`,
    exitCode: number ?? integer(otherwise) ?? 0,
    signal: undefined,
  };
}

/** Returns an exit code as a number. Node accepts text, too. */
function integer(code: unknown): number | undefined {
  const number = typeof code === "string" && code !== "" ? +code : code;
  return isSafeInteger(number) ? number as number : undefined;
}

function ownProcess(): object | undefined {
  return Deno ? undefined : (globalThis as { process?: object }).process;
}

function isOfProcess(stack: string | undefined): boolean {
  return stack !== undefined && matches(/node:process|\bprocess\.exit\b/, stack);
}

function wrap(owner: Owner, name: string, before: (argument: unknown) => void): void {
  const original = owner?.[name];
  if (!owner || typeof original !== "function") return;
  // In Node's threads, some of these functions only throw and end nothing.
  if ((original as { disabled?: boolean }).disabled) return;
  const value = (...args: unknown[]) => {
    before(args[0]);
    return apply(original, owner, args);
  };
  try {
    Object.defineProperty(owner, name, { value, configurable: true, writable: true });
  } catch {
    // If it cannot be replaced here, the worker's end is still noticed, but later.
  }
}
