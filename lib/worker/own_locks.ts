/**
 * Hides the locks that signal a worker's end from tasks. If a task took such a lock, other workers would count as lost.
 * For tasks, locks whose names begin with polyloop's prefix do not exist.
 */

/** The prefix of the names of polyloop's locks. */
const PREFIX = "polyloop:";

/** The part of the Web Locks API that names locks. */
interface LockManager {
  request(name: string, ...rest: unknown[]): Promise<unknown>;
  query(): Promise<{ held?: { name: string }[]; pending?: { name: string }[] }>;
}

/** Hides polyloop's locks in this realm, permanently. Code that holds such a lock must have requested it earlier. */
export function hideOwnLocks(): void {
  const manager = (navigator as unknown as { locks?: object }).locks;
  if (!manager) return;
  const prototype = Object.getPrototypeOf(manager) as LockManager;
  const { request, query } = prototype;
  replace(prototype, "request", function (this: LockManager, name: unknown, ...rest: unknown[]) {
    // Read once, because an object may return another name the next time.
    const text = `${name}`;
    if (!text.startsWith(PREFIX)) return request.call(this, text, ...rest);
    const reason = `Lock names that begin with "${PREFIX}" are polyloop's own`;
    return Promise.reject(new DOMException(reason, "NotSupportedError"));
  });
  replace(prototype, "query", async function (this: LockManager) {
    const { held = [], pending = [] } = await query.call(this);
    const isForeign = ({ name }: { name: string }) => !name.startsWith(PREFIX);
    return { held: held.filter(isForeign), pending: pending.filter(isForeign) };
  });
}

function replace(prototype: LockManager, name: keyof LockManager, value: unknown): void {
  Object.defineProperty(prototype, name, { value, enumerable: true, configurable: true, writable: true });
}
