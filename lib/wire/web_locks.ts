/**
 * The part of the Web Locks API that is used here: a worker holds a lock for as long as it lives. Typed
 * by hand, because the types that a user's program is checked with may not have it.
 *
 * @module
 */

/** Asks for named locks. */
interface Locks {
  request(name: string, held: () => Promise<unknown>): Promise<unknown>;
  request(name: string, options: { signal: AbortSignal }, held: () => Promise<unknown>): Promise<unknown>;
}

/** A Node that is too old for the rest has no navigator either, and is to hear that it is. */
const { navigator } = globalThis as unknown as { navigator?: { locks?: Locks } };

/** This program's locks; its workers ask for the same ones. None on Bun, nor in a page that came by plain http. */
export const locks: Locks | undefined = navigator?.locks;

/** What a worker says once it holds the lock that tells of its end. */
export const LOCKED = "locked";
