/**
 * Patience that ends: for what is done for others, at the end, and may never be answered.
 *
 * @module
 */

/** Waits until the promise has settled, at most for `ms` milliseconds. Leaves no timer behind. */
export async function waitAtMost(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => timer = setTimeout(resolve, ms));
  await Promise.race([work.catch(() => {}), late]);
  clearTimeout(timer);
}
