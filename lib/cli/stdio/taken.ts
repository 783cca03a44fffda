/**
 * Types of stdin and stdout after the main thread has taken them.
 *
 * @module
 */

/** How stdin and stdout are used after they were taken. */
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
