/**
 * The listeners of an `EventTarget`, each of which runs in the context of `AsyncLocalStorage` in which it was added. Events
 * are dispatched by whatever happens, a message from a worker as a rule, whose context is nobody's.
 *
 * @module
 */

import { boundHere } from "../../wire/async_context.ts";

type Listener = Parameters<EventTarget["addEventListener"]>[1];
type AddOptions = Parameters<EventTarget["addEventListener"]>[2];

/** The listeners of one target, and what stands for them there. */
export class Listeners {
  /** By listener, then by event and phase: a target knows a listener once for each of these. */
  readonly #bound = new WeakMap<object, Map<string, (event: Event) => void>>();

  /** What is to be added in a listener's place. */
  added(type: string, listener: Listener, options: AddOptions): Listener {
    if (!listener) return listener;
    const { capture, once = false, signal } = optionsOf(options);
    const key = keyOf(type, capture);
    const known = this.#of(listener);
    const present = known.get(key);
    // Adding it again changes nothing, as with any target.
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

  /** What is to be removed in a listener's place. */
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
