/**
 * The texts of `polyloop help TOPIC`, with details that `--help` has no space for. Loaded on request. The flags of a
 * topic are listed from the table, where a text says {flags}.
 */

import { flagList } from "./flag_list.ts";
import { type Topic, TOPICS } from "./help_topics.ts";
import { UserError } from "../user_error.ts";

/**
 * The text of a topic.
 *
 * @throws {UserError} if there is no such topic
 */
export async function textOn(topic: string): Promise<string> {
  if (Object.hasOwn(TEXTS, topic)) return TEXTS[topic as Topic].replace("{flags}", flagList(topic as Topic));
  const topics = Object.keys(TOPICS);
  const { didYouMean } = await import("./nearest.ts");
  throw new UserError(
    `help: there is no topic "${topic}"${didYouMean(topic, topics)}. Topics: ${topics.join(", ")}`,
  );
}

/** The text of each topic, without its flags. No line is longer than 100 characters. */
export const TEXTS: Record<Topic, string> = {
  tasks: `A task is an exported function: (input, context) => output, sync or async.

  // tasks.ts
  export async function fetchPage(url, { signal }) {
    const response = await fetch(url, { signal });
    return { url, status: response.status };
  }

  polyloop run tasks.ts#fetchPage …      one of the module's functions
  polyloop run tasks.ts …                its default export
  polyloop run -e 'async (x) => …' …     a function on the command line

Each worker loads the module once and runs up to -c tasks at a time on one event loop. Use a high -c
for tasks that wait, and -c 1 for tasks that compute.

A generator (function*, async function*) writes a line for each value that it yields: see polyloop
help generators.

The context has signal (aborts on --timeout and Ctrl-C), taskId, attempt (from 1), workerId, key,
progress(value), count(name, amount), used(name, amount) (see --rate) and add(input) (see polyloop
help adding). A module may export setup(context) and teardown(context). Each worker awaits setup
before its first task, and teardown after its last task.

context.key identifies the input, for example as an idempotency key. It is the same in each attempt.
With --journal, the key is made of the input's content: 32 hex digits of the SHA-256 of its text, a
dot, and a number. The number is 1 for the first input with this text, 2 for the second, and so on.
This key is also the same after every resume and on every machine, even if lines were inserted or
moved.

context.count(name, amount) adds to a sum of the run, such as count("tokens", 812) or
count("usd", 0.0031). Of each input, the attempt that gave the outcome counts. A second sum, spent,
has what all attempts counted. Sums are exact, with decimals, and after resume. They are in the
progress, the summary, --stats, --report and polyloop status. With --batch, a call counts once.

{flags}
`,
  adding: `A task adds a further input to its run, for example a link of a page that it has fetched:

  // crawl.ts
  export default async function (url, { add }) {
    const page = await (await fetch(url)).text();
    for (const [link] of page.matchAll(/http:[^"]+/g)) await add(link);
    return { url, size: page.length };
  }

  polyloop run crawl.ts --allow-net --rate 5/s --max-inputs 1000 -- http://localhost/

Each distinct input runs once. An added input is left out if it is equal to an input of the files
or to another added one. With JSON, white space and the order of keys make no difference: if
two tasks add the same input in different texts, the text that was added first runs.

An added input starts when all inputs of the files have started and a slot is free: inputs before
the one that added it may still run. Its result comes after those of the files, in the order of
the inputs that added others. If several tasks add the same input, the first of them in this order
decides its place. So the output does not depend on the timing. With --unordered, an added input
starts at once, also before those of the files, and results are written as they come.

With --max-inputs N, the output has the first N inputs in this order. While more than half of N
inputs are known, an added input waits until all inputs before the one that added it are done.
Until then, a task may add many inputs after later ones have started. Started inputs that are then
no longer among the first N have no result in the output; a line at the end says so.

What counts is what the attempt that gave the outcome added, also if the outcome is a failure. A
journal keeps added inputs with the outcome: after SIGKILL, polyloop resume runs the rest.

Where an input has the number of its line, such as in --errors, an added input has its place among
all inputs, and --errors has "added": true. In what is shown before that place is known (messages,
--tag, the report, polyloop status), the number is that of its start.

Tasks cannot add inputs with --batch, with --shard, and over a broker: context.add throws an
error. With --from lines, an added input is a text of one line.

{flags}
`,
  generators:
    `A generator task (function* or async function*) writes a line for each value that it yields, and
none if it yields none. So a task can filter inputs, or make several results of one:

  polyloop run -e 'function* (n) { if (n % 2 === 0) yield n }'
  polyloop run -e 'function* (line) { yield* line.split(" ") }' --from lines
  polyloop run pages.ts#links --unordered | head      reads no more than it needs

With --to csv, each value is a row, and with --to json an element. With --envelope, the values of an
input are one array, because an envelope stands for an input. With --batch, a generator yields one
result for each input. A task that returns an async iterable, such as a stream, is like a generator.
A task that returns an array writes it on one line.

What a generator yields is written when its attempt has succeeded, in the order of the inputs. What
an attempt that failed has yielded is not written, with two exceptions:

  --unordered        each value is written as it comes
  more than 256 kB   of one input are written as they come, once all earlier inputs are written

In these cases, a generator waits while the output is slow, so the run takes little memory. This
time does not count for --timeout. An input that has written values and then fails, or loses its
worker, does not run again.

With --retries, --journal or --redis there are no exceptions: values are kept until the attempt has
succeeded, at most 64 MB per input (16 MB with --redis). polyloop resume writes the values of the
journal again, and runs inputs whose attempt was interrupted.
`,
  modules: `MODULE is a path, or a URL that the runtime can load. #EXPORT names one of its functions.

  tasks.ts#fetchPage    .ts .mts .js .mjs .cts .cjs, and on Deno and Bun .tsx .jsx
  x#y.ts                a file of that name, if there is no file x
  https://…, npm:…      on Deno only
  -e 'async (x) => …'   imports with import("./lib.ts"), relative to the current folder

{flags}

Classes, values, setup and teardown are not tasks. If MODULE is a symbolic link, its imports are
resolved from the folder of the link's target.

Packages come from the module's project, the nearest one in the folders above the module:
  Node, Bun, the binary   node_modules
  Deno                    deno.json with its import map and lock file, or package.json

If polyloop was started with another project, a module that imports packages runs in processes on
Deno, because threads share polyloop's project. So does a module with an import() of a computed
name, unless --isolation is given. To use one project for both: deno run --config FILE … cli.ts

Node strips types from TypeScript. It supports no syntax that needs a transformation: enum,
namespace, export =.
`,
  formats: `--from and --to set the formats of inputs and results. Without them, the ending of FILE
decides: .jsonl .ndjson .json .csv .tsv .txt, also before .gz or .zst:

  jsonl     one JSON value per line; blank lines are skipped (the default)
  lines     each line is a string, also a blank line (.txt); a result that is not a string is JSON
  csv, tsv  rows below a header: {"column":"text",…}; see polyloop help csv
  json      one array, read as a stream: [1, {"a": 2}, …]; valid JSON even if the run stops early
  nul       inputs only: strings that end with a NUL, as find -print0 writes them

{flags}

Inputs after -- are strings, or JSON with --from jsonl: polyloop run tasks.ts#work -- a b c. A
failed input has no line in the output. A line that is not valid JSON or UTF-8 is a failed input
with its line number. --envelope and --errors write lines like these. After a lost worker, "error"
also has "exitCode" or "signal":

  {"index":0,"ok":true,"value":42,"attempts":1,"ms":3.2}
  {"index":0,…,"started":"2026-11-27T09:30:00.125Z","worker":1,"position":0,"input":…}  (full)
  {"index":1,"line":2,"input":…,"error":{"name","message","stack"},"attempts":1}

Values that JSON or JavaScript cannot represent:

  9007199254740993, 1e999   in an input: it fails, because JavaScript would read another number
  0.1234567890123456789     in an input: rounded to the nearest number of JavaScript
  {"a":1,"a":2}             in an input: the last of equal keys is used
  NaN, Infinity, BigInt     in a result: it fails, and the error names the place (result.items[3])
  Map, Set, Error, RegExp, bytes, streams, promises, functions, symbols, an invalid Date: fail, too
  undefined                 in an object: left out; in an array, or alone: null (--to lines: "")
  symbol keys               left out, and so are named fields of an array
  -0, 1.0, 1e2              0, 1, 100
  Date, URL, toJSON()       the value of toJSON(); for other objects of a class, their own fields
  half a surrogate pair     in lines and csv: it fails; in JSON it is "\\ud800"
  {"b":1,"2":0}             {"2":0,"b":1}: keys that are whole numbers come first, as in JavaScript
`,
  selection: `Without these flags, all inputs run.

{flags}

--first limits the inputs that are read. --shard takes a part of them, and --sample draws from that
part. Index and line of an input stay those of the whole input, in messages, --envelope and
--errors. --dry-run says how many inputs would run. A journal keeps these flags: polyloop resume
runs the same selection.

Each job of a Slurm array runs its part. Then the results are brought into input order:

  I=$SLURM_ARRAY_TASK_ID
  polyloop run tasks.ts -i in.jsonl --shard $I/10 --envelope -o part-$I
  sort -n -t: -k2,2 part-* | jq -c 'select(.ok).value'
`,
  csv: `polyloop reads CSV as spreadsheets and Python's csv module do. A row is an object whose keys are the
names in the header, and whose values are strings: {"id":"1","note":"two\\nlines"}.

{flags}

A first line sep=; (as Excel writes it) sets the separator. Empty lines are skipped. A row with more
or fewer values than the header is a failed input with its line number. So is a row with bytes that
are not UTF-8. If the header is not UTF-8, the run does not start. UTF-16 with a byte order mark is
decoded.

A column without a name is named by its number, for example column3. A second column a is named a_2.
The run reports both changes.

Results are written below a header with the keys of the first result. A key that is missing in a
later result is an empty cell. null and undefined are empty cells, too. A result with a new key
fails its input. Arrays and objects are written as JSON. Cells are quoted where needed. A row ends
with \\n.

Columns keep their order, even if their names are whole numbers (name,2021,2020), which JavaScript
objects put first. The order in results is that of the first input's header, in CSV and in JSON.
Inside a task and in nested objects, the order of JavaScript applies. Over a broker (--redis), it
also applies to JSON results.
`,
  config: `A config is a JSON file with options of polyloop run. Keys are the names of flags in camelCase:

  {
    "$schema": "./polyloop.schema.json",
    "module": "tasks.ts#fetchPage",
    "input": "urls.txt",
    "concurrency": 64,
    "timeout": "30s",
    "unordered": true,
    "allowNet": ["example.com"]
  }

{flags}

Without --config, polyloop reads polyloop.json in the folder of MODULE, if there is one. Without a
MODULE, it reads polyloop.json in the current folder. If that config has a "module", the command
polyloop run needs no arguments. With -e, only a config that --config names is read. A line on
stderr says which config was read and which keys apply. --dry-run shows all options and where each
comes from. polyloop init writes a config, and a JSON schema with which editors complete and check
it.

A flag takes precedence over the config, and the config over the default. A permission flag replaces
all permissions of the config. Relative paths in a config start from the config's folder.

A polyloop.json that --config does not name may come from another person. Therefore the following
keys of such a config do not apply, and a line on stderr lists them:
  allowAll, allowRead, …, isolation none   without -P (on Node, a task may do everything by default;
                                           lists apply there, because they only restrict)
  redis, redisCa, …, queue, runId          always: inputs would be sent to another host
  module, input, output, errors, …         if the path is outside the config's folder
  input                                    if stdin is a pipe or a file, which is read instead

With an unknown key or a wrong value, the run does not start, and the exit code is 2. A journal
keeps the options that applied, so polyloop resume reads no config.
`,
  permissions: `On Deno, a task can only compute by default. These flags grant permissions:

{flags}

A list follows = and is separated by commas, as in --allow-net=example.com,example.com:443. In a
config, it is an array ("allowNet": ["a", "b"]), and true grants without limits. The permissions of
a config apply if --config FILE names it, or with -P. A permission flag replaces all permissions of
the config, and in polyloop resume those of the run.

If a task uses a permission that is not granted, its input fails, and the error names the flag.
There is no prompt, not even on a terminal. The module and its static imports load without a grant.
Deno gives threads their own permissions only with its option --unstable-worker-options, which the
binary has. Without this option, tasks run in processes.

What a task can do on Deno without a grant:

  stdin, stdout  stdin is empty; what a task writes to stdout goes to stderr
  colours        find out whether a terminal has colours (NO_COLOR, TERM, CI and similar variables)
  npm packages   import("npm:…") downloads a package and runs it with the task's permissions.
                 deno run --cached-only -A …/cli.ts run … downloads nothing; the binary cannot
                 download packages
  links          follow symbolic links in a granted folder; a task cannot make links

Threads share a process, so a hostile task can end other tasks. Run code that you do not trust with
--isolation process. With --allow-run or --allow-ffi, a task can do everything. SECURITY.md has the
details.

On Node (24 or newer), these flags need --isolation process. Without a permission flag, a task may
do everything. polyloop refuses restrictions that Node cannot enforce: --allow-env and --allow-sys
must be given, and --allow-net too if this Node has no such option. --allow-net, --allow-run and
--allow-ffi take no lists.

Tasks on Node may read packages in node_modules; dynamic imports of other files need --allow-read.
Without --allow-run, a task cannot start threads. node:sqlite needs --allow-read and --allow-write
without lists. Links out of a granted folder are followed. Node documents its permission model as a
guard against mistakes of trusted code, not against hostile code. Use Deno for hostile code.
`,
  errors: `A failed input does not end the run. The first ten failures are shown on stderr, all are counted,
and the exit code is 1. --errors FILE writes all failures to FILE, and --envelope writes them to the
output. If each of the first 20 inputs fails of the same error, a line says so.

{flags}

An error can set the delay before its retry, in place of --backoff. The delay is the retryAfter of
the error or of one of its causes: a number of seconds (also as a string) or an HTTP date. A
Retry-After in the error's headers does the same. A delay of more than 24 days pauses nothing, and
the input fails. Such an error also pauses the run, whether or not its input runs again: see
--pause. The live line shows how long the pause still lasts. The summary, --stats and --report tell
of all pauses.

If a worker is lost (out of memory, a crash, Deno.exit), its inputs run again, whatever --retries
says. An input that was on two lost workers runs alone on a third one. If that worker is lost too,
the input fails.
`,
  steering: `These options limit the speed and the memory of a run. A config may contain them, too.

{flags}

During a run, kill -USR1 PID allows one more task in flight per worker, immediately. kill -USR2 PID
allows one fewer, as tasks end. With -c auto, these signals shift the current level. They do not
work on Windows.
`,
  journal: `--journal FILE keeps every outcome in an SQLite file. With it, a run can continue after SIGKILL
or a full disk:

  polyloop run tasks.ts#work -i urls.jsonl -o out.jsonl --journal run.sqlite
  polyloop resume run.sqlite                   run the inputs without an outcome
  polyloop status run.sqlite [--json]          show the progress, even while it runs
  polyloop status run.sqlite --report run.html write a page about the run

{flags}

polyloop resume writes the output of all inputs from the start, as if the run had not stopped. It
uses the options of the run, including its config, and can be called in any folder. Flags replace
these options: polyloop resume run.sqlite --isolation process. The journal keeps the last starts, so
that --rate holds over the gap, and until when a retryAfter has paused the run.

Inputs are recognized by their content, so lines may have been added, removed or moved. Inputs from
stdin or <(COMMAND) must be given again: polyloop resume run.sqlite < urls.jsonl. If an input is
missing this time, its outcome stays in the journal. resume shows the number of such outcomes.
Inputs that ended in the last 10 ms before a SIGKILL may run again. Changes of the module are
detected, but not changes of packages and of imports from URLs. A module may state its version:

  export const version = "3";                  a text in quotes, or a number

Then only another version is a change, and polyloop resume does not refuse other changes of the file
and of its imports.

polyloop status shows the state of the run (running, stopped or finished) and its process. It also
shows the inputs done and in all, retries, rate, time left, and what the tasks have counted by
context.count. The run updates these figures once a second. What attempts counted in the last second
before a SIGKILL, without an outcome, is not known.

The journal contains all results. With several -i, its line numbers continue from file to file. Only
one process at a time can use a journal, even if others reach it through links or mounts. While the
journal is in use, run.sqlite-wal exists: keep it beside the journal. run.sqlite-lock is an empty
file. Every row has a checksum. A journal with a damaged row is refused, and the message names the
row. A run whose journal is deleted ends with exit code 4.
`,
  progress: `{flags}

--progress auto     a live line on a terminal, else a line every ten seconds
--progress plain    a line every two seconds
--progress json     a JSON object every second, for programs
--progress none     no progress and no summary

Progress goes to stderr. The live line stays in the last row of the terminal, and the output of
tasks scrolls above it. (After kill -9, the command reset restores that row.) While the number of
inputs is not known, ~ marks an estimate from the file's size. slots 97% means that 97 % of all
slots (-j × -c) have been in use since the start. This is not the use of the CPU.

With --progress json, each line that polyloop writes to stderr is one object. Output of tasks
appears between these lines unchanged, so read only lines that begin with {"type":. The types:

  progress  the fields below
  failure   one of the first ten failures: index, line, file, place, name, message, text
  errors    before the last progress, if inputs failed: kinds (like, count), others (a number)
  retries   the same for the errors of attempts that were followed by another
  notice    any other message: message

The fields of progress; a figure that is not known is null:

  done                       true in the last object, else false
  elapsedMs, leftMs          milliseconds so far and left (at the rate of the last ten seconds)
  ok, failed, before         inputs that succeeded, failed, or had an outcome in the journal
  retries, inFlight          attempts that were followed by another, tasks on workers now
  read, total, totalIsExact  inputs read, inputs in all, false if total is estimated from the size
  bytes, size, share         bytes read, bytes in all, the part of the inputs done (0 to 1); for a
                             .gz or .zst file, size is an estimate of the content until its end
  perSecond, load            inputs per second (of the last ten seconds), part of all slots in use
  counts, spent              sums of context.count in all sessions: of outcomes, of all attempts

oldest describes an input in flight for more than 5 s and three times as long as 99 of 100 tasks:
line, ms, timeout (whether a --timeout ends it). leftMs is then null. In a pause by retryAfter,
paused has ms (until all tasks go on) and keys (number of paused ones). The last object also has
exitCode, ms (p50, p90, p99, max) and taskMs: the time of all tasks together, waits for each other
included. With --batch, an input has an equal part of its call's time. load and ms cover tasks that
have ended. Suspended time (Ctrl-Z) counts in load alone.

The summary compares the run with one task at a time. If event loops or cores were too busy for
that, it shows how busy they were. Percentiles refer to task times: half of the tasks took at most
p50. sums shows what tasks have counted by context.count, and "in all attempts" if other attempts
counted, too. The five most frequent kinds of errors follow, and the three most frequent causes of
retries. Errors that differ only in numbers, identifiers, URLs and quoted text are one kind.
`,
  machines: `A run can use workers on any number of machines, through a broker (Redis or Valkey 6.2 or newer):

  polyloop worker tasks.ts --redis redis://HOST:6379            on each machine: -j, -c, --allow-…
  polyloop run tasks.ts#work --redis redis://HOST:6379 -i FILE  anywhere: usual output and options
  polyloop top --redis redis://HOST:6379                        show runs, workers and rates

{flags}

Workers load the module themselves. A run sends only data: names, inputs and results. A worker
refuses a run if the module differs in any byte, and both sides report it. Files that the module
imports by path are part of it, unless it imports only types from them. With export const version =
"3", only the version counts. A worker whose module changes drains: it takes no more inputs. -j, -c,
--isolation, --memory, --schema and permissions are options of polyloop worker. Over a broker,
polyloop run refuses -e, --batch, --rate and --limit-per.

Each input runs at least once, and its result is written exactly once. context.key is the same in
every attempt, on any worker. With --journal it equals the key of a run without a broker, also after
resume. Inputs travel in job chunks. If a worker crashes, its job chunks run again after --lock. An
input that crashes its worker is isolated: the inputs of its job chunk run again one at a time, and
only that input fails.

A worker that gets SIGTERM finishes its tasks. In a container, start it with node, with the binary
or with an init process: npx as the first process does not pass SIGTERM on.

A run waits until there is a worker that has its module. It waits up to 5 minutes for a broker that
is away or takes no writes. The broker needs maxmemory-policy noeviction. Without appendonly yes,
tasks in flight run again after the broker crashes. The npm package needs two more packages for it:
npm install bullmq@6 ioredis@5
`,
  reports: `{flags}

--report and --stats are written when the run ends, except after SIGKILL. --trace is written during
the run. After polyloop resume, each file covers the whole run with all its sessions. So does
polyloop status JOURNAL --report run.html. A journal does not keep workers, earlier attempts, and
the text of inputs that succeeded. So a report shows earlier sessions in one row, with times exact
to 10 ms.

Counts, rates, times and curves cover all tasks. The tasks of a long run are drawn in part: a report
has one in 2, 4, 8, … successes, and one in 2, 4, 8, … failures. A trace has the first 100,000
tasks, then one in 2, 4, … tasks. Both files state how many they have. Percentiles are off by 5 % at
most.

A bar is one attempt of a task. It ends when the result arrived, and its length is the time that the
worker measured. Short tasks whose results arrive together are drawn one after another.

The page lists inputs: all of them up to some thousands, else a sample. Text, outcome and error
filter the inputs and the bars. A time leads to its bar. The pauses between the attempts at an input
are drawn. Limits shows what kept further tasks from starting, in all and by stretch: slots, the
CPU, the rate, an error's retryAfter, the limits of keys, the input, the output and others.

For OpenTelemetry, see polyloop help telemetry.
`,
  telemetry: `polyloop exports spans if OpenTelemetry is on. This costs some time per task. The first command
turns it on for Deno, the others for Node:

  OTEL_DENO=true polyloop run …

  npm install @opentelemetry/api @opentelemetry/auto-instrumentations-node
  NODE_OPTIONS="--import @opentelemetry/auto-instrumentations-node/register" \\
    polyloop run …

To start an SDK of your own on Node, use NODE_OPTIONS="--import $PWD/otel.mjs". Give the full path,
because resume may run in another folder. NODE_OPTIONS also loads the SDK in each worker, thread or
process. If only the main program loads it, the work of tasks has no spans.
OTEL_EXPORTER_OTLP_ENDPOINT and related variables set where spans go. The binary does not support
OpenTelemetry, because Deno decides that when it compiles.

A run has one span, a child of the span in the environment variable TRACEPARENT. Each task has a
span from its first start until it settles, a child of the run's span. Spans for the work of a task
are children of the task's span, on any worker. Over a broker, this needs OpenTelemetry in polyloop
worker. BAGGAGE is passed on, and on Node also TRACESTATE.

The span of the run is called polyloop run, polyloop resume or polyloop bench:

  polyloop.run.id, .module, .isolation, .journal; code.function.name
  polyloop.inputs.read, .succeeded, .failed, .left
  polyloop.inputs.succeeded_before, .failed_before (known from the journal)
  polyloop.retries; process.exit.code
  error.type: nothingRan, failures, halted, incomplete, deadline, SIGINT, SIGTERM

The span of a task is called after its function:

  polyloop.run.id; polyloop.task.id (from 1, in its run), .key (context.key)
  polyloop.input.index (from 0), .line (from 1), .file; polyloop.batch.size
  polyloop.attempts; polyloop.worker.id; code.function.name
  error.type: the error's name (polyloop's own: TaskTimeoutError, WorkerLostError, …);
              for a thrown value that is not an error, its type: Object, string, …

A failed attempt is an event, called "attempt failed" if another attempt follows, else "exception":

  exception.type, .message, .stacktrace; polyloop.attempt, .worker.id

An exporter drops spans if its queue is full. For a fast run, set OTEL_BSP_MAX_QUEUE_SIZE (by
default 2048) to the number of tasks. Spans are exported before polyloop ends. A worker exports its
spans before it ends, but loses them if it is killed. A collector that does not answer delays the
end by a few seconds at most. On Deno, the parent's sampling decision is used only with
OTEL_TRACES_SAMPLER=parentbased_always_on.
`,
  signals: `  Ctrl-C (SIGINT), SIGTERM    stop reading, finish running tasks, show how to resume
  the second time             abort the signals of running tasks
  the third time              exit at once, even if a task blocks the main thread
  SIGHUP                      like Ctrl-C once
  SIGUSR1, SIGUSR2            one more, one fewer task in flight per worker (not on Windows)

SIGINT and SIGTERM count together. Signals within 300 ms count once. The reason is that timeout, npx
and similar programs pass on a signal that polyloop has received itself. Three or more presses of
Ctrl-C in quick succession exit at once.

The main thread may be blocked: by a task with --isolation none, or by a program that does not read
stdout or stderr. Then a separate thread handles signals and ends the process. Inputs whose outcomes
are not in the journal by then run again with polyloop resume. On Node, a thread that waits in a
system call cannot be interrupted. Then the signal itself ends the process, and a shell shows the
same exit code. Bun and Windows have no such thread: signals wait until the main thread is free.

A closed stdout (polyloop run … | head) ends the run without a message.
`,
  "exit-codes": `    0   every input succeeded
    1   some inputs failed
    2   nothing ran: an error in flags, config, module or a file
    3   stopped by --halt
    4   incomplete: some inputs have not run, or results or a report could not be written; also a
        broker that cannot be reached, is full, or takes no writes
  124   the --deadline has passed
  130   SIGINT
  143   SIGTERM
`,
};
