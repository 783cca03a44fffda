/** The measured tasks, which are the same for every pool. */

/** Does nothing, asynchronously. */
export async function noop(): Promise<void> {}

/** Returns its input, asynchronously. */
// deno-lint-ignore require-await -- what `await` costs is the runtime's and not the pool's.
export async function identity<T>(value: T): Promise<T> {
  return value;
}

/** Waits, as for a network. */
export function sleep(milliseconds: number): Promise<void> {
  return new Promise((done) => setTimeout(done, milliseconds));
}

/** A fixed amount of work for a core. No compiler can optimize it away. */
export function spin(turns: number): number {
  let state = 1;
  for (let turn = 0; turn < turns; turn++) state = (Math.imul(state, 1664525) + 1013904223) | 0;
  return state;
}

/** Sends a buffer back without a copy. */
export function bounce(
  buffer: ArrayBuffer,
  { transfer }: { transfer<T>(value: T, list: ArrayBuffer[]): T },
): ArrayBuffer {
  return transfer(buffer, [buffer]);
}

/** When and where a task ran, in milliseconds of the machine's clock. */
export interface Stamp {
  worker: number;
  begun: number;
  ended: number;
}

/** Waits or works. Returns when and where. */
export async function stamped(
  { wait, turns }: { wait: number; turns: number },
  { workerId }: { workerId: number },
): Promise<Stamp> {
  const begun = now();
  if (wait > 0) await sleep(wait);
  if (turns > 0) spin(turns);
  return { worker: workerId, begun, ended: now() };
}

/** Returns the time of the machine's clock, because the clock of every thread has its own origin. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

/** Fetches a URL and reads the answer. */
export async function fetched(url: string): Promise<number> {
  const response = await fetch(url);
  return (await response.text()).length;
}
