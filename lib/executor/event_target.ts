/** The base class of `Executor` and `DistributedExecutor`: an event target with typed events. */

import { Listeners } from "./calls/listeners.ts";

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
