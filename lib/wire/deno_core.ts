/** Functions inside of Deno that its standard functions are made of. Each may be missing in another version. */

interface DenoCore {
  getAsyncContext(): unknown;
  setAsyncContext(context: unknown): void;
  createTimer: CreateTimer;
  cancelTimer(timer: object): void;
  unrefTimer(timer: object): void;
}

type CreateTimer = (
  callback: () => void,
  delay: number | undefined,
  args: undefined,
  repeats: boolean,
  keepsAlive: boolean,
  isSystem: boolean,
) => object;

const { Deno } = globalThis as unknown as {
  Deno?: { internal: symbol; [internal: symbol]: { core?: Partial<DenoCore> } | undefined };
};

/** The functions that this version of Deno has. Empty elsewhere. */
export const core: Partial<DenoCore> = Deno?.[Deno.internal]?.core ?? {};
