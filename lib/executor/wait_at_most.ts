/**
 * Waits for a promise for a limited time. Used at the end of an executor, for work that may never be answered.
 */

/** Resolves when the promise has settled, and after `ms` milliseconds at the latest. Leaves no timer behind. */
export async function waitAtMost(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => timer = setTimeout(resolve, ms));
  await Promise.race([work.catch(() => {}), late]);
  clearTimeout(timer);
}
