/**
 * Types of stdin and stdout after the main thread has taken them.
 *
 * @module
 */

/** What was taken, and how it is reached since then. */
export interface Taken {
  stdin?: {
    /** The descriptor that it has now, where it has one. */
    fd: number | undefined;
    read(buffer: Uint8Array): Promise<number>;
  };
  stdout?: {
    fd: number;
    write(bytes: Uint8Array): Promise<number>;
    writeSync(bytes: Uint8Array): number;
  };
}
