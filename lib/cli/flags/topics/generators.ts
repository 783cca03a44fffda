export const generators = `A generator task (function* or async function*) writes a line for each value that
it yields, and none if it yields none. So a task can filter inputs, or make several results of one:

  polyloop run -e 'function* (n) { if (n % 2 === 0) yield n }'
  polyloop run -e 'function* (line) { yield* line.split(" ") }' --from lines
  polyloop run pages.ts#links --unordered | head      reads no more than it needs

A task that returns an async iterable, such as a stream, is like a generator. A task that returns an
array writes it on one line. With --to csv, each value is a row, and with --to json an element. With
--envelope, the values of an input are one array. With --batch, a generator yields one result for
each input.

The values of an attempt are written when it has succeeded, in the order of the inputs. The values
of a failed attempt are not written. There are two exceptions:

  --unordered        each value is written as it comes
  more than 256 kB   of one input are written as they come, once all earlier inputs are written

Then a generator waits while the output is slow, which does not count for --timeout. An input that
has written values and then fails, or loses its worker, does not run again.

With --retries, --journal or --redis there are no exceptions: values are kept until the attempt has
succeeded, at most 64 MB per input (16 MB with --redis).
`;
