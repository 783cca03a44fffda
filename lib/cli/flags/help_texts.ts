/**
 * The texts of `polyloop help TOPIC`, with details that `--help` has no space for. Loaded on request. The flags of a
 * topic are listed from the table, where a text says {flags}.
 *
 * @module
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
for tasks that wait, and 1 for tasks that compute.

The context has signal (aborts on --timeout and Ctrl-C), taskId, attempt (from 1), workerId, key and
progress(value). A module may export setup(context) and teardown(context). Each is awaited once per
worker, before its first task and after its last.

context.key identifies the input, for example as an idempotency key. It is the same in each attempt.
With --journal, it is made of the input's content: 32 hex digits of the SHA-256 of its text, a dot,
and the number of this occurrence of the text. Then it is also the same after every resume and on
every machine, even if lines were inserted or moved.

{flags}
`,
  modules: `MODULE is a path, or a URL that the runtime can load. #EXPORT names one of its functions.

  tasks.ts#fetchPage    .ts .mts .js .mjs .cts .cjs, and on Deno and Bun .tsx .jsx
  x#y.ts                a file of that name, if there is no file x
  https://…, npm:…      on Deno only
  -e 'async (x) => …'   imports with import("./lib.ts"), relative to the current folder

{flags}

Classes and values are not tasks, and neither are setup and teardown. A symbolic link stands for its
target: imports are resolved from the target's folder.

Packages are those of the module's own project, which is the nearest one above the module:
  Node, Bun, the binary   node_modules
  Deno                    deno.json with its import map and lock file, or package.json
If this is not the project that polyloop was started with, Deno runs the tasks in processes, because
threads share polyloop's project. An import() whose name is computed counts as one of a package,
unless --isolation says otherwise. To use one project for both: deno run --config FILE … cli.ts

Node strips types from TypeScript. It supports no syntax that needs a transformation: enum,
namespace, export =.
`,
  formats: `Formats of inputs and results, set by --from and --to or by the ending of FILE, also before .gz or
.zst (.jsonl .ndjson .json .csv .tsv .txt):

  jsonl     one JSON value per line; blank lines are skipped (the default)
  lines     each line is a string, also if it is blank (the format of .txt); other results: JSON
  csv, tsv  rows below a header: {"column":"text",…}; see polyloop help csv
  json      one array, read as a stream: [1, {"a": 2}, …]; complete also if the run stops early
  nul       inputs only: strings that end with a NUL, as find -print0 writes them

{flags}

An argument is a string, or JSON with --from jsonl: polyloop run tasks.ts#work -- a b c. A failed
input has no result, so its line is missing. A line that is not valid JSON or UTF-8 is a failed
input with its line number. --envelope and --errors write (after a lost worker, with "exitCode" or
"signal" in error):

  {"index":0,"ok":true,"value":42,"attempts":1,"ms":3.2}
  {"index":1,"line":2,"input":…,"error":{"name","message","stack"},"attempts":1}

Values that JSON or JavaScript cannot represent:

  9007199254740993, 1e999   in an input: it fails, because JavaScript would read another number
  0.1234567890123456789     in an input: rounded to the nearest number of JavaScript
  {"a":1,"a":2}             in an input: the last of equal keys is used
  NaN, Infinity, BigInt     in a result: it fails, and the error names the place (result.items[3])
  Map, Set, Error, RegExp, bytes, streams, promises, functions, symbols, an invalid Date: likewise
  undefined                 in an object: left out; in an array, or alone: null (--to lines: "")
  -0, 1.0, 1e2              0, 1, 100
  Date, URL, toJSON()       the value of toJSON(); for other objects of a class, their own fields
  half a surrogate pair     in lines and csv: it fails; in JSON it is "\\ud800"
  {"b":1,"2":0}             {"2":0,"b":1}: keys that are whole numbers come first, as in JavaScript
`,
  csv: `polyloop reads CSV as spreadsheets and Python's csv module do. A row is an object whose keys are the
names in the header, and whose values are strings: {"id":"1","note":"two\\nlines"}.

{flags}

A first line sep=; (as Excel writes it) sets the separator. Empty lines are skipped. A row with more
or fewer values than the header, or with bytes that are not UTF-8, is a failed input with its line
number. A header that is not UTF-8 ends the run before it begins. UTF-16 with a byte order mark is
decoded.

A column without a name is called after its number, for example column3. A second column named a is
called a_2. The run reports both.

Results are written below a header with the keys of the first result. A key that a later result does
not have is an empty cell, and so are null and undefined. A result with a new key fails its input.
Arrays and objects are written as JSON. Cells are quoted where needed. A row ends with \\n.

Columns keep their order, also if their names are whole numbers (name,2021,2020), which JavaScript
objects put first. Results follow the header of the first input, in CSV and in JSON. Inside a task
and in nested objects, the order of JavaScript applies. Over a broker (--redis), it also applies to
JSON results.
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
MODULE, it reads polyloop.json in the current folder; if that config has a "module", polyloop run is
enough. -e reads no config without --config. A line on stderr says which config was read and which
keys apply. --dry-run shows all options and where each comes from. polyloop init writes a config,
and the JSON schema by which editors complete and check it.

A flag takes precedence over the config, and the config over the default. A permission flag replaces
all permissions of the config. Relative paths in a config start from the config's folder.

A polyloop.json that --config does not name may be from somebody else. These of its keys do not
apply, and a line on stderr lists them:
  allowAll, allowRead, …, isolation none   unless -P is given (on Node, where a task may do
                                           everything by default, lists apply: they only restrict)
  redis, redisCa, …, queue, runId          never: inputs would be sent to another host
  module, input, output, errors, …         if the path is outside the config's folder
  input                                    if stdin is a pipe or a file, which is read instead

An unknown key or a wrong value ends the run before it begins, with exit code 2. A journal keeps the
options that applied, so polyloop resume reads no config.
`,
  permissions: `On Deno, a task may only compute. These flags grant it more:

{flags}

A list follows = and is separated by commas, as in --allow-net=example.com,example.com:443. A config
has "allowNet": ["a", "b"], or true. The permissions of a config apply if --config FILE names it, or
with -P; a permission flag replaces them all. Permission flags of polyloop resume replace those of
the run. An access that is not granted fails its input, and the error names the flag. There is no
prompt, also on a terminal. The module and its static imports load without a grant. Threads need
Deno's --unstable-worker-options for permissions, which the binary has. Without it, tasks run in
processes.

What a task can do on Deno without a grant:

  stdin, stdout  stdin is empty; what a task writes to stdout goes to stderr
  colours        find out whether a terminal has colours (NO_COLOR, TERM, CI and similar variables)
  npm packages   import("npm:…") downloads a package and runs it with the task's permissions.
                 deno run --cached-only -A …/cli.ts run … downloads nothing; the binary cannot
                 download packages
  links          follow symbolic links in a granted folder; a task cannot make links

Threads share a process, so a hostile task can end its neighbours. Run code that you do not trust
with --isolation process. With --allow-run or --allow-ffi, a task can do everything. SECURITY.md has
the details.

On Node (24 or newer), these flags need --isolation process; without a permission flag, a task may
do everything. polyloop refuses what Node cannot enforce. env and sys must be granted, and so must
net if this Node has no --allow-net. net, run and ffi take no lists. Tasks may read packages in
node_modules; dynamic imports of other files need --allow-read. Without --allow-run, a task cannot
start threads. node:sqlite needs unlimited --allow-read and --allow-write. Links out of a granted
folder are followed. Node documents its permission model as a guard against mistakes of trusted
code, not against hostile code: use Deno for that.
`,
  errors: `A failed input does not end the run. The first ten are shown on stderr, all are counted, and the
exit code is 1. --errors FILE and --envelope write them to a file.

{flags}

The retryAfter of an error, or of its cause, replaces the delay of --backoff. It is a number of
seconds, also as a string, or an HTTP date. A Retry-After in the error's headers does the same.

An input whose worker was lost (out of memory, a crash, Deno.exit) runs again regardless of
--retries. After two lost workers, it runs alone on a third one. If that one is lost too, the input
has failed.
`,
  steering: `These options limit how fast a run goes. A config may contain them, too.

{flags}

While a run goes on, kill -USR1 PID allows one more task in flight per worker at once, and kill
-USR2 PID one fewer as tasks end (not on Windows). With -c auto, they shift its current level.
`,
  journal: `--journal FILE keeps every outcome in an SQLite file. With it, a run survives SIGKILL and a
full disk:

  polyloop run tasks.ts#work -i urls.jsonl -o out.jsonl --journal run.sqlite
  polyloop resume run.sqlite                   run the inputs without an outcome
  polyloop status run.sqlite [--json]          show the progress, also while it runs
  polyloop status run.sqlite --report run.html write a page about the run

{flags}

resume writes the output of all inputs from the start, as if the run had not stopped. It uses the
options of the run (also those of its config) and can be called in any folder. Flags replace them:
polyloop resume run.sqlite --isolation process.

Inputs are recognized by their content, so lines may have been added, removed or moved. Inputs from
stdin or <(COMMAND) must be given again: polyloop resume run.sqlite < urls.jsonl. Outcomes whose
inputs are missing this time stay in the journal, and resume shows their number. Inputs that ended
in the last 10 ms before a SIGKILL may run again. Changes of the module are detected, but not
changes of packages and of imports from URLs.

status shows whether the run is running, stopped or finished, its process, the inputs done and in
all, retries, rate and time left. The run updates these figures once a second.

The journal contains all results. With several -i, line numbers in it continue from file to file.
Only one process at a time can use a journal, also through links and mounts. Keep run.sqlite-wal,
which exists while the journal is in use, beside it. run.sqlite-lock is an empty file. Every row has
a checksum. A journal with a damaged row is refused, and the message names the row. A run whose
journal is deleted ends with exit code 4.
`,
  progress: `{flags}

--progress auto     a live line on a terminal, else a line every ten seconds
--progress plain    a line every two seconds
--progress json     a JSON object every second, for programs
--progress none     no progress and no summary

All of it goes to stderr. The live line stays in the last row of the terminal, and the output of
tasks scrolls above it. (After kill -9, the command reset restores that row.) While the number of
inputs is not known, ~ marks an estimate from the file's size. slots 97% is the part of all slots
(-j × -c) that was in use so far. It says nothing about CPU use.

With json, each line that polyloop writes to stderr is one object. Output of tasks appears between
them unchanged, so read only lines that begin with {"type":. There are four types:

  progress  the figures below
  failure   one of the first ten failures: index, line, file, place, name, message, text
  errors    if inputs failed, before the last progress: kinds (each with like and count), others
            (number of errors of further kinds)
  notice    any other message: message

In progress, a figure that is not known is null:

  done                       false; true in the last one
  elapsedMs, leftMs          milliseconds so far and left (at the rate of the last ten seconds)
  ok, failed, before         inputs that succeeded, failed, or had an outcome in the journal
  retries, inFlight          attempts that were followed by another, tasks on workers now
  read, total, totalIsExact  inputs read, inputs in all; not exact: estimated from the size
  bytes, size, share         bytes read, bytes in all, the part of the inputs done (0 to 1); for a
                             .gz or .zst file, size is an estimate of the content until its end
  perSecond, load            inputs per second (of the last ten), the part of all slots in use

oldest is an input that has been in flight for more than five seconds and for three times as long as
99 of 100 tasks: its line, ms, and whether a --timeout ends it. leftMs is null then. The last object
also has exitCode, taskMs and ms (p50, p90, p99, max). taskMs is the time of all tasks together,
including the time that they waited for each other on an event loop. With --batch, each input has an
equal part of its call's time. load and ms cover tasks that have ended. Time in which the run was
suspended (Ctrl-Z) counts in load alone.

The summary at the end has the number of inputs that succeeded and failed. It compares the run with
one task at a time, if event loops and cores were free enough to know that. Otherwise it shows how
busy they were. Percentiles are of the task times: half of the tasks took at most p50. The five most
frequent kinds of errors follow. Errors that differ only in numbers, URLs and quoted text are one
kind.
`,
  machines: `A run can use workers on any number of machines, through a broker (Redis or Valkey 6.2 or newer):

  polyloop worker tasks.ts --redis redis://HOST:6379            on each, with -j, -c, --allow-…
  polyloop run tasks.ts#work --redis redis://HOST:6379 -i FILE  anywhere: same output and options
  polyloop top --redis redis://HOST:6379                        show runs, workers and rates

{flags}

Workers load the module themselves. A run sends only data: names, inputs and results. A worker whose
module differs in any byte (files that it imports by path included, but for types alone) refuses the
run, and both sides report it. A worker whose module changes drains. -j, -c, --isolation, --memory,
--schema and permissions are options of the worker. -e, --batch, --rate, --limit-per are refused.

Each input runs at least once, and its result is written exactly once. context.key is the same in
every attempt, on any worker. With --journal it equals the key of a run without a broker, also after
resume. The job chunks of a worker that dies run again after --lock. A worker that gets SIGTERM
finishes its tasks. In a container, start it by node, by the binary or with an init: npx as first
process does not pass SIGTERM on. An input that crashes its worker is isolated: the inputs of its
job chunk run again one at a time, and only that input fails.

A run waits for a worker that has its module, and up to 5 minutes for a broker that is away or takes
no writes. The broker needs maxmemory-policy noeviction, and appendonly yes if tasks in flight
should not run again after it crashes.
`,
  reports: `{flags}

--report and --stats are written when the run ends, except after SIGKILL. --trace is written during
the run. After resume they cover the whole run with all its sessions, and so does polyloop status
JOURNAL --report run.html. A journal does not keep workers, earlier attempts, and the text of inputs
that succeeded. So a report shows earlier sessions in one row, with times exact to 10 ms.

Counts, rates, times and curves cover all tasks. Of a long run, only samples are drawn: in a report
one in 2, 4, 8, … successes, and likewise of the failures; in a trace the first 100,000 tasks, then
one in 2, 4, …. Both state it. Percentiles are off by 5 % at most.

A bar is one attempt of a task. It ends when the result arrived, and its length is the time that the
worker measured. Short tasks whose results arrive together are drawn one after another.

For OpenTelemetry, see polyloop help telemetry.
`,
  telemetry: `polyloop exports spans if OpenTelemetry is on. This costs some time per task.

  Deno   OTEL_DENO=true polyloop run …
  Node   npm install @opentelemetry/api @opentelemetry/auto-instrumentations-node
         export NODE_OPTIONS="--import @opentelemetry/auto-instrumentations-node/register"
         polyloop run …

Or start an SDK of your own on Node with --import $PWD/otel.mjs. Give its full path, because resume
may run in another folder. NODE_OPTIONS also loads it in each worker, thread or process; without it,
the work of tasks has no spans. OTEL_EXPORTER_OTLP_ENDPOINT and related variables set where spans
go. The binary does not support OpenTelemetry, because Deno decides that when it compiles.

A run has one span, a child of the environment variable TRACEPARENT. Its children are one span per
task, from the task's first start until it settles. The children of those are what the task does, on
any worker; over a broker, if polyloop worker has OpenTelemetry on. BAGGAGE is passed on, TRACESTATE
on Node only.

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

An exporter drops spans if its queue is full. For a fast run, set OTEL_BSP_MAX_QUEUE_SIZE [default:
2048] to the number of tasks. Spans are exported before polyloop ends, and those of a worker before
the worker ends. A worker that is killed loses its spans. A collector that does not answer delays
the end by a few seconds at most. On Deno, the parent's sampling decision is used only with
OTEL_TRACES_SAMPLER=parentbased_always_on.
`,
  signals: `  Ctrl-C (SIGINT), SIGTERM    stop reading, finish running tasks, show how to resume
  the same a second time      abort the signals of running tasks
  a third time                exit at once, whatever a task with --isolation none does
  SIGHUP                      like Ctrl-C once
  SIGUSR1, SIGUSR2            one more, one fewer task in flight per worker (not on Windows)

The same signal again within 300 ms counts as one, because timeout, npx and similar programs pass on
a signal that the whole process group got. Three or more presses in quick succession exit at once.

If the main thread is blocked (by a task with --isolation none, or by a reader of stdout or stderr
that does not read), a separate thread ends the process. Outcomes that are not in the journal by
then run again. On Node, a thread that waits in a system call cannot be interrupted. Then the signal
itself ends the process, and a shell shows the same exit code. Bun and Windows have no such thread:
signals wait until the main thread is free.

A closed stdout (polyloop run … | head) ends the run without a message.
`,
  "exit-codes": `    0   every input succeeded
    1   some inputs failed
    2   nothing ran: wrong usage, config, module, input or file
    3   stopped by --halt
    4   incomplete: some inputs have not run, or results or a report could not be written; also a
        broker that cannot be reached, is full, or takes no writes
  124   the --deadline has passed
  130   SIGINT
  143   SIGTERM
`,
};
