/** Reports errors that no task caught: events of the global object (Deno, browsers) or of `process` (Node, Bun). */

type Listener = (event: ErrorEvent & PromiseRejectionEvent) => void;

/** The global object, typed for every kind of realm. */
const scope = globalThis as unknown as {
  addEventListener(type: string, listener: Listener): void;
  removeEventListener(type: string, listener: Listener): void;
};

/**
 * Calls `die` with each error that no task caught, unless a user's listener has prevented the default. Returns a
 * function that adds the listener again, so that it comes after listeners that were added meanwhile.
 */
export function onStrayError(die: (error: unknown) => void): () => void {
  const onError: Listener = (event) => {
    if (event.defaultPrevented) return;
    // Prevented, because the runtime would print it as a crash. The caller reports the error.
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

/** The part of `process` that is used here. */
interface ProcessLike {
  on(event: string, listener: (error: unknown) => void): void;
  listenerCount(event: string): number;
}

/** Calls `die` with each error that no task caught, by events of `process`. Does nothing while user code listens to these events, too. */
export function onStrayProcessError(die: (error: unknown) => void): () => void {
  const { process } = globalThis as unknown as { process: ProcessLike };
  for (const event of ["uncaughtException", "unhandledRejection"]) {
    process.on(event, (error) => {
      if (process.listenerCount(event) === 1) die(error);
    });
  }
  return () => {};
}
