/**
 * Makes a pipe of Node's wait. By itself Node makes stdout and stderr non-blocking where they are pipes, queues what does not
 * fit, and loses the queue when the process ends; and what others write meanwhile lands in the middle of a line.
 *
 * @module
 */

/** `process.stdout` or `process.stderr`, with what Node keeps for itself; libuv's stream has had this function since 0.9. */
interface Stream {
  _handle?: { setBlocking?(on: boolean): void };
}

/** From now on each write returns when the pipe has taken all of it. Nothing changes for a file, a terminal or in a thread. */
export function makeBlocking(stream: object): void {
  (stream as Stream)._handle?.setBlocking?.(true);
}
