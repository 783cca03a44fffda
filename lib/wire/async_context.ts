/**
 * Keeps the `AsyncLocalStorage` context of a call. The caller's functions run in the context of the call that received
 * them, even when a message from a worker or a timer triggers them. Without this, they would run in the context in
 * which that worker or timer was started. One request of a server would then see the user of another.
 *
 * This file imports no module of Node, because browsers have no `node:async_hooks`. In browsers, its functions do nothing.
 */

import { core } from "./deno_core.ts";

export type AsyncContext = unknown;

/** The operations on contexts that a runtime provides. */
interface Contexts {
  here(): AsyncContext;
  /** Calls back in `context`, and then restores the previous context. */
  within<T>(context: AsyncContext, call: () => T): T;
  /** The context outside of every `AsyncLocalStorage`. */
  outside: AsyncContext;
}

/** The part of `node:async_hooks` that is used here. */
export interface AsyncHooks {
  AsyncResource: new (type: string) => { runInAsyncScope<T>(call: () => T): T };
  AsyncLocalStorage: { prototype: { enterWith(store: unknown): void } };
}

/** The part of Deno's core on which Deno builds `node:async_hooks`. */
interface DenoCore {
  getAsyncContext(): AsyncContext;
  setAsyncContext(context: AsyncContext): void;
}

/**
 * Deno's own functions. In a thread of Deno, loading `node:async_hooks` takes longer than the rest of the start. It is
 * loaded only if Deno lacks these functions.
 */
export const denoCore = findDenoCore();

/** `node:async_hooks`; undefined where Deno's own functions or no functions are used. */
export const asyncHooks: AsyncHooks | undefined = denoCore ? undefined : findAsyncHooks();

let contexts = denoCore ? contextsOfDeno(denoCore) : asyncHooks && contextsOfHooks(asyncHooks);

/**
 * Turns off all functions of this file, for a program that has no contexts. Node counts open contexts. It aborts the
 * process if its JavaScript is terminated from outside while a context is open.
 */
export function leaveContextsAlone(): void {
  contexts = undefined;
}

export function contextHere(): AsyncContext {
  return contexts?.here();
}

/** Calls back in a context that {@link contextHere} returned. Returns the result of the callback. */
export function withinContext<T>(context: AsyncContext, call: () => T): T {
  return contexts ? contexts.within(context, call) : call();
}

/**
 * Calls back outside of every context. Workers are started this way: they outlive the call that starts them, and must
 * not keep its context alive.
 */
export function outsideContexts<T>(call: () => T): T {
  return contexts ? contexts.within(contexts.outside, call) : call();
}

/** Returns a function that always calls `callback` in the current context. */
export function boundHere<F extends (...args: never[]) => unknown>(callback: F): F {
  if (!contexts) return callback;
  const context = contexts.here();
  const bound = function (this: unknown, ...args: never[]) {
    return withinContext(context, () => callback.apply(this, args));
  };
  return bound as F;
}

function findDenoCore(): DenoCore | undefined {
  const { getAsyncContext, setAsyncContext } = core;
  return getAsyncContext && setAsyncContext && { getAsyncContext, setAsyncContext };
}

function findAsyncHooks(): AsyncHooks | undefined {
  const { process } = globalThis as unknown as {
    process?: { getBuiltinModule?(name: "node:async_hooks"): AsyncHooks };
  };
  return process?.getBuiltinModule?.("node:async_hooks");
}

function contextsOfDeno({ getAsyncContext, setAsyncContext }: DenoCore): Contexts {
  return {
    here: getAsyncContext,
    within(context, call) {
      const before = getAsyncContext();
      setAsyncContext(context);
      try {
        return call();
      } finally {
        setAsyncContext(before);
      }
    },
    outside: undefined,
  };
}

function contextsOfHooks({ AsyncResource }: AsyncHooks): Contexts {
  const here = () => new AsyncResource("polyloop");
  type Resource = ReturnType<typeof here>;
  return {
    here,
    // In a new resource each time: on Node 22, `enterWith` changes the resource in which it is called.
    within: (context, call) => (context as Resource).runInAsyncScope(() => here().runInAsyncScope(call)),
    // Created when the program loads this module, before its first request.
    outside: here(),
  };
}
