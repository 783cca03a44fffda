/**
 * Runs each listener of an `EventTarget` in the `AsyncLocalStorage` context in which it was added. Without this, it would run in the
 * context of whatever dispatched the event, such as a message from a worker.
 */

import { boundHere } from "../../wire/async_context.ts";

type Listener = Parameters<EventTarget["addEventListener"]>[1];
type AddOptions = Parameters<EventTarget["addEventListener"]>[2];

/** The listeners of one target, and the bound functions that are added in their place. */
export class Listeners {
  /** By listener, then by event and phase, because a target keeps a listener once for each of these. */
  readonly #bound = new WeakMap<object, Map<string, (event: Event) => void>>();

  /** The function to add in place of a listener. */
  added(type: string, listener: Listener, options: AddOptions): Listener {
    if (!listener) return listener;
    const { capture, once = false, signal } = optionsOf(options);
    const key = keyOf(type, capture);
    const known = this.#of(listener);
    const present = known.get(key);
    // As with any target, adding a listener again changes nothing.
    if (present) return present;
    const call = boundHere((event: Event) => handle(listener, event));
    const bound = (event: Event) => {
      if (once) known.delete(key);
      call(event);
    };
    known.set(key, bound);
    signal?.addEventListener("abort", () => known.get(key) === bound && known.delete(key), { once: true });
    return bound;
  }

  /** The function to remove in place of a listener. */
  removed(
    type: string,
    listener: Listener,
    options: Parameters<EventTarget["removeEventListener"]>[2],
  ): Listener {
    const known = listener && this.#bound.get(listener);
    const key = keyOf(type, optionsOf(options).capture);
    const bound = known?.get(key);
    known?.delete(key);
    return bound ?? listener;
  }

  #of(listener: object): Map<string, (event: Event) => void> {
    let known = this.#bound.get(listener);
    if (!known) this.#bound.set(listener, known = new Map());
    return known;
  }
}

function handle(listener: NonNullable<Listener>, event: Event): void {
  if (typeof listener === "function") listener.call(event.currentTarget as EventTarget, event);
  else listener.handleEvent(event);
}

function optionsOf(options: AddOptions): { capture: boolean; once?: boolean; signal?: AbortSignal } {
  const { capture = false, once, signal } = typeof options === "object" ? options : { capture: options };
  return { capture, once, signal };
}

function keyOf(type: string, capture: boolean): string {
  return `${capture ? "capture" : "bubble"} ${type}`;
}
