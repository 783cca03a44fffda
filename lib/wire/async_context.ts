/**
 * The context of `AsyncLocalStorage` in which code runs. The caller's functions run in the context of the call that got
 * them, also if a message from a worker or a timer calls them. Without this, they would run in the context in which that
 * worker or timer was started: one request of a server would see the user of another.
 *
 * Nothing is imported: `node:async_hooks` does not exist in browsers, where all of this does nothing.
 *
 * @module
 */

/** A captured context. */
export type AsyncContext = unknown;

/** The operations on contexts, as a runtime has them. */
interface Contexts {
  /** The present context. */
  here(): AsyncContext;
  /** Calls back in a context, and returns to the context before. */
  within<T>(context: AsyncContext, call: () => T): T;
  /** The context in which nothing was ever entered. */
  outside: AsyncContext;
}

/** The part of `node:async_hooks` that matters here. */
export interface AsyncHooks {
  AsyncResource: new (type: string) => { runInAsyncScope<T>(call: () => T): T };
  AsyncLocalStorage: { prototype: { enterWith(store: unknown): void } };
}

/** The part of Deno's core that `node:async_hooks` is built on there. */
interface DenoCore {
  getAsyncContext(): AsyncContext;
  setAsyncContext(context: AsyncContext): void;
}

const { Deno } = globalThis as unknown as {
  Deno?: { internal: symbol; [internal: symbol]: { core?: Partial<DenoCore> } | undefined };
};

/**
 * Deno's own functions. Loading `node:async_hooks` takes a thread of Deno longer than the rest of its start; a Deno without
 * these functions has to load it.
 */
export const denoCore = findDenoCore();

/** `node:async_hooks`, where it is needed. */
export const asyncHooks: AsyncHooks | undefined = denoCore ? undefined : findAsyncHooks();

let contexts = denoCore ? contextsOfDeno(denoCore) : asyncHooks && contextsOfHooks(asyncHooks);

/**
 * Makes all functions of this file do nothing, for a program that has no contexts of its own. Node counts open contexts, and
 * ends the process if one is left because its JavaScript is terminated from outside.
 */
export function leaveContextsAlone(): void {
  contexts = undefined;
}

/** The present context. */
export function contextHere(): AsyncContext {
  return contexts?.here();
}

/** Calls back within a context that {@link contextHere} has captured. Returns what the callback returns. */
export function withinContext<T>(context: AsyncContext, call: () => T): T {
  return contexts ? contexts.within(context, call) : call();
}

/**
 * Calls back outside of every context. Workers are started so, because they outlive the call that needs them first and must
 * not keep anything of it alive.
 */
export function outsideContexts<T>(call: () => T): T {
  return contexts ? contexts.within(contexts.outside, call) : call();
}

/** Returns a function that calls `callback` in the present context, wherever it is called itself. */
export function boundHere<F extends (...args: never[]) => unknown>(callback: F): F {
  if (!contexts) return callback;
  const context = contexts.here();
  const bound = function (this: unknown, ...args: never[]) {
    return withinContext(context, () => callback.apply(this, args));
  };
  return bound as F;
}

function findDenoCore(): DenoCore | undefined {
  const { getAsyncContext, setAsyncContext } = Deno?.[Deno.internal]?.core ?? {};
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
    // In a resource of its own each time: on Node 22, `enterWith` changes the one that it is called in.
    within: (context, call) => (context as Resource).runInAsyncScope(() => here().runInAsyncScope(call)),
    // This module is loaded with the program, before any of its requests.
    outside: here(),
  };
}
