export const errors = `A failed input does not end the run. The first ten failures are shown on stderr, all
are counted, and the exit code is 1. --errors and --envelope write all of them. If each of the first
20 inputs fails with the same error, a line says so.

{flags}

An error has a retryAfter if it, or one of its causes, has a field of this name: a number of seconds
(also as a string) or an HTTP date. A Retry-After in the error's headers does the same. It replaces
the delay of --backoff. It also pauses other tasks, whether or not its input runs again: see
--pause. The live line shows how long the pause still lasts. The summary, --stats and --report tell
of all pauses. A delay of more than 24 days pauses nothing, and the input fails.

If a worker is lost (out of memory, a crash, Deno.exit), its inputs run again, whatever --retries
says. An input that was on two lost workers runs alone on a third one. If that worker is lost too,
the input fails.
`;
