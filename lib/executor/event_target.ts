/** The base class of `Executor` and `DistributedExecutor`: an event target with typed events. */

import { boundHere } from "../wire/async_context.ts";

/**
 * An `EventTarget` with typed events. Each listener runs in the `AsyncLocalStorage` context in which it was added.
 *
 * @typeParam Events The class of each event, by its name.
 */
export class ExecutorEventTarget<Events> extends EventTarget {
  readonly #listeners = new Listeners();

  /**
   * Listens to an event. The listener runs in the `AsyncLocalStorage` context of this call.
   *
   * @param type The name of the event.
   * @param listener Called with each event. Null does nothing.
   * @param options The options of any `EventTarget`.
   */
  override addEventListener<K extends keyof Events & string>(
    type: K,
    listener: ((event: Events[K]) => void) | null,
    options?: Parameters<EventTarget["addEventListener"]>[2],
  ): void;
  /**
   * Listens to an event that the program itself dispatches. The listener runs in the `AsyncLocalStorage` context of this call.
   *
   * @param type The name of the event.
   * @param listener Called with each event. Null does nothing.
   * @param options The options of any `EventTarget`.
   */
  override addEventListener(
    type: string,
    listener: Parameters<EventTarget["addEventListener"]>[1],
    options?: Parameters<EventTarget["addEventListener"]>[2],
  ): void;
  override addEventListener(
    type: string,
    // deno-lint-ignore no-explicit-any -- the two signatures above are what callers see.
    listener: any,
    options?: Parameters<EventTarget["addEventListener"]>[2],
  ): void {
    super.addEventListener(type, this.#listeners.added(type, listener, options), options);
    this.listened(type);
  }

  /** Called when a listener was added. */
  protected listened(_type: string): void {}

  /** Stops listening to an event. */
  override removeEventListener(
    type: string,
    listener: Parameters<EventTarget["removeEventListener"]>[1],
    options?: Parameters<EventTarget["removeEventListener"]>[2],
  ): void {
    super.removeEventListener(type, this.#listeners.removed(type, listener, options), options);
  }
}

type Listener = Parameters<EventTarget["addEventListener"]>[1];
type AddOptions = Parameters<EventTarget["addEventListener"]>[2];

/** The listeners of one target, and the bound functions that are added in their place. */
class Listeners {
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
