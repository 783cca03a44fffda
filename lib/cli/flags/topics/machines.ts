export const machines = `A run can use workers on other machines, through a broker (polyloop help brokers):

  polyloop worker tasks.ts --redis redis://HOST:6379            on each machine: -j, -c, --allow-…
  polyloop run tasks.ts#work --redis redis://HOST:6379 -i FILE  anywhere: usual output and options
  polyloop top --redis redis://HOST:6379                        show runs and workers, pause, drain

{flags}

Workers load the module themselves, with their own permissions. A run sends only data: names, inputs
and results. A worker refuses a run if the module, or a file that it imports by path, differs in any
byte, and both sides report it. With export const version = "3", only the version counts. A worker
whose module changes drains: it takes no more inputs.

Each input runs at least once, and its result is written exactly once. context.key is the same in
every attempt, on any worker, and with --journal as in a run without a broker. If a worker crashes,
its inputs run again after --lock. An input that crashes its worker is isolated: the inputs that
were sent with it run again one at a time, and only that input fails.

--rate and --limit-per hold over all workers together. Tasks of a lost worker count until --lock has
passed. With --batch, workers make the batches, of at most 10,000 inputs. With --tag, the run prints
what tasks print. What a module prints as it loads, or a task after its end, stays with its worker.
A worker that gets SIGTERM finishes its tasks. In a container, start it with node, with the
binary or with an init process: npx as the first process does not pass SIGTERM on.

A run waits until a worker has its module (see --wait-workers), and up to 5 minutes for a broker
that is away or takes no writes.
`;
