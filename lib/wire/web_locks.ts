/**
 * The part of the Web Locks API that polyloop uses. A worker holds a lock while it lives. The types are written by
 * hand, because those of the user's program may not include it.
 */

interface Locks {
  request(name: string, held: () => Promise<unknown>): Promise<unknown>;
  request(name: string, options: { signal: AbortSignal }, held: () => Promise<unknown>): Promise<unknown>;
}

/** An old Node has no `navigator`. This file must still load there, so that the version check can report it. */
const { navigator } = globalThis as unknown as { navigator?: { locks?: Locks } };

/** The locks of this program and its workers. Undefined on Bun, and in pages that were loaded by plain http. */
export const locks: Locks | undefined = navigator?.locks;

/** The message of a worker that holds the lock which signals its end. */
export const LOCKED = "locked";
