/** What the main thread has taken of this process: its stdin and stdout. */

import type { Stats } from "node:fs";

export interface Taken {
  stdin?: {
    /** The new descriptor; undefined if a helper program reads stdin. */
    fd: number | undefined;
    read(buffer: Uint8Array): Promise<number>;
  };
  stdout?: {
    fd: number;
    write(bytes: Uint8Array): Promise<number>;
    writeSync(bytes: Uint8Array): number;
  };
}

/** The state of this process. `stats` and `isTerminal` describe the original stdin and stdout. */
export const reserved: {
  taken: Taken;
  stats: Map<number, Stats | undefined>;
  isTerminal: boolean | undefined;
} = {
  taken: {},
  stats: new Map(),
  isTerminal: undefined,
};
