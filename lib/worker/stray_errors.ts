/**
 * Errors that no task caught: events of the global object (Deno, browsers) or of `process` (Node, Bun).
 *
 * @module
 */

type Listener = (event: ErrorEvent & PromiseRejectionEvent) => void;

/** This realm, typed for any kind of it. */
const scope = globalThis as unknown as {
  addEventListener(type: string, listener: Listener): void;
  removeEventListener(type: string, listener: Listener): void;
};

/**
 * Hands to `die` what no task caught, unless the user's code has seen to it. Returns a function that listens anew,
 * to come after the listeners that were set up meanwhile: the first to be asked is the user.
 */
export function onStrayError(die: (error: unknown) => void): () => void {
  const onError: Listener = (event) => {
    if (event.defaultPrevented) return;
    // Prevented, because the runtime would print it as its own crash; the caller reports it.
    event.preventDefault();
    die(event.type === "unhandledrejection" ? event.reason : event.error ?? new Error(event.message));
  };
  const listen = () => {
    for (const type of ["error", "unhandledrejection"]) {
      scope.removeEventListener(type, onError);
      scope.addEventListener(type, onError);
    }
  };
  listen();
  return listen;
}

/** The part of `process` that matters here. */
interface ProcessLike {
  on(event: string, listener: (error: unknown) => void): void;
  listenerCount(event: string): number;
}

/** The same where they are events of `process`, unless the user's code listens for them too, whenever it began to. */
export function onStrayProcessError(die: (error: unknown) => void): () => void {
  const { process } = globalThis as unknown as { process: ProcessLike };
  for (const event of ["uncaughtException", "unhandledRejection"]) {
    process.on(event, (error) => {
      if (process.listenerCount(event) === 1) die(error);
    });
  }
  return () => {};
}
