export const tasks = `A task is an exported function: (input, context) => output. It may be async or a
generator.

  // tasks.ts
  export async function fetchPage(url, { signal }) {
    const response = await fetch(url, { signal });
    return { url, status: response.status };
  }

  polyloop run tasks.ts#fetchPage …      one of the module's functions
  polyloop run tasks.ts …                its default export
  polyloop run -e 'async (x) => …' …     a function on the command line

In cmd.exe, only double quotes work: polyloop run -e "async (x) => …".

Each worker loads the module once and runs up to -c tasks at a time on one event loop. Use a high -c
for tasks that wait, and -c 1 for tasks that compute. A module may export setup(context) and
teardown(context): each worker awaits setup before its first task, and teardown after its last task.

The context has signal (aborts on --timeout and Ctrl-C), taskId, attempt (from 1), workerId,
progress(value), used(name, amount) (see --rate), add(input) (see polyloop help adding), and:

  key    the same in every attempt, for example as an idempotency key. With --journal, it is also
         the same after every resume and on every machine: 32 hex digits of the SHA-256 of the
         input's text, a dot, and 1 for the first input with this text, 2 for the second, and so on
  count  count("usd", 0.0031) adds to a sum of the run, which the progress, the summary, --stats,
         --report and polyloop status show. Of each input, the attempt that gave the outcome counts.
         A second sum, spent, has what all attempts counted. Sums are exact, also after resume

{flags}
`;
