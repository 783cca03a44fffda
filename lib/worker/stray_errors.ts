/**
 * Errors that no task caught, where they are events of the global object (Deno, browsers).
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
