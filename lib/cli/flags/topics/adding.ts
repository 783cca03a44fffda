export const adding = `A task adds a further input to its run, for example a link of a page that it has
fetched:

  // crawl.ts
  export default async function (url, { add }) {
    const page = await (await fetch(url)).text();
    for (const [link] of page.matchAll(/http:[^"]+/g)) await add(link);
    return { url, size: page.length };
  }

  polyloop run crawl.ts --allow-net --rate 5/s --max-inputs 1000 -- http://localhost/

Each distinct input runs once. An added input is left out if it is equal to an input of the files or
to another added one. With JSON, white space and the order of keys make no difference: if two tasks
add the same input in different texts, the text that was added first runs.

An added input starts when all inputs of the files have started and a slot is free: inputs before
the one that added it may still run. Its result comes after those of the files, in the order of the
inputs that added others. If several tasks add the same input, the first of them in this order
decides its place. So the output does not depend on the timing. With --unordered, an added input
starts at once, and results are written as they come.

Once more than half of --max-inputs N are known, an added input waits until all inputs before the
one that added it are done. Before, too many may have started: their results are not written, and a
line at the end says so.

If a task is tried again, the inputs that its earlier attempt added are dropped. A journal keeps
added inputs with the outcome: after SIGKILL, polyloop resume runs the rest.

In --errors, an added input has "added": true, and its place among all inputs instead of a line
number. What is shown before that place is known (messages, --tag, the report, polyloop status) has
the number of its start.

With --batch and with --shard, context.add throws an error. With --from lines, an added input is a
text of one line.

{flags}
`;
