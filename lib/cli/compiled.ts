/**
 * Whether this is a compiled program, which has no Deno beside it.
 *
 * @module
 */

const { Deno } = globalThis as unknown as { Deno?: { build: { standalone: boolean } } };

/** True in what `deno task compile` makes. */
export function isCompiled(): boolean {
  return Deno !== undefined && Deno.build.standalone;
}
