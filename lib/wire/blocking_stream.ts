/**
 * Makes writes to a pipe synchronous on Node. By default, Node writes to a piped stdout or stderr without blocking, and
 * queues what the pipe has no room for. The queue is lost when the process ends, and other writers can write into the
 * middle of a line.
 *
 * @module
 */

/**
 * `process.stdout` or `process.stderr`, with Node's internal handle. libuv's stream has had this function since 0.9.
 */
interface Stream {
  _handle?: { setBlocking?(on: boolean): void };
}

/**
 * From now on, each write returns when the pipe has taken all of it. Has no effect on files, on terminals and in
 * threads.
 */
export function makeBlocking(stream: object): void {
  (stream as Stream)._handle?.setBlocking?.(true);
}
