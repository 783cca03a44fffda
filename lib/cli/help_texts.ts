/**
 * The long texts of `polyloop help TOPIC`: what does not fit on the screen of `--help`. Loaded when asked for.
 *
 * @module
 */

import { type Topic, TOPICS } from "./help_topics.ts";
import { UserError } from "./user_error.ts";

/**
 * What there is to say of a topic.
 *
 * @throws {UserError} if it is none
 */
export async function textOn(topic: string): Promise<string> {
  if (Object.hasOwn(TEXTS, topic)) return TEXTS[topic as Topic];
  const topics = Object.keys(TOPICS);
  const { didYouMean } = await import("./nearest.ts");
  throw new UserError(
    `help: there is no topic "${topic}"${didYouMean(topic, topics)}, but ${topics.join(", ")}`,
  );
}

/** No line is longer than 100 characters, and none needs more than a screen. */
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

MODULE is a path or a URL. It is loaded once in each of the -j workers, each of which runs up to
-c tasks at a time on one event loop: more for tasks that wait, 1 for those that compute.

The context has signal (aborts on --timeout and Ctrl-C), taskId, attempt (from 1), workerId, key and
progress(value). A module may export setup(context) and teardown(context): they are awaited once in
each worker, before its first task and after its last.

context.key stands for the input, as an idempotency key does. It is the same in every attempt. With
--journal it is made of the input's content: 32 hex digits of the SHA-256 of its text, a dot, and
which occurrence of that text it is. Then it is the same after every resume and on every machine,
also where lines were inserted or moved; two runs over the same inputs have the same keys.

With --schema each input is checked first, by the export named input (--schema=NAME: by that one),
and the task gets what the check gives. It is any Standard Schema, as of zod, valibot and arktype.

With --batch N it is called with arrays of up to N inputs (fewer at the end, or when none come) and
returns an array of as many results; context.keys has the key of each input. If the call fails, all
of them have failed; -c, --rate, --timeout and --retries are of calls. An input that cannot be read
fails alone.

With --isolation process each worker is a process of its own: it may run out of memory, crash or
loop for ever, and one input fails. --isolation none runs everything in the main thread.
`,
  modules: `MODULE is a path, or a URL that the runtime loads; #EXPORT names one of its functions.

  tasks.ts#fetchPage    .ts .mts .js .mjs .cts .cjs, and on Deno and Bun .tsx .jsx
  x#y.ts                a file of that name, where there is none called x
  https://…, npm:…      on Deno alone
  -e 'async (x) => …'   imports by import("./lib.ts"), from the folder that you are in

Classes and values are no tasks, and neither are setup and teardown. A link stands for the file that
it leads to: what that imports is found beside the file.

Packages are those of the module's own project, the nearest one above the module:
  Node, Bun, the binary   node_modules
  Deno                    deno.json with its import map and lock file, or package.json
Where that is not the project that polyloop was started with, Deno runs the tasks in processes,
because threads have polyloop's own. deno run --config FILE … cli.ts names one for both.

Node runs TypeScript as far as its types can be left out: no enum, no namespace, no export =.
`,
  formats: `Inputs, by --from, else by the ending of -i FILE (.jsonl .ndjson .json .csv .tsv; .txt: lines):

  jsonl     a JSON value per line; blank lines are skipped (the default)
  lines     each line is a text, blank ones included
  csv, tsv  rows under a header: {"column":"text",…}; polyloop help csv
  json      the elements of one array, read as it comes: [1, {"a": 2}, …]
  nul       texts that end in a NUL, as find -print0 writes them

They come from stdin, from files (-i a.csv -i b.csv.gz: one after another), or from arguments, each
a text, or JSON with --from jsonl: polyloop run tasks.ts#work -- a b c. gzip, zstd and UTF-16 with
its mark are read as what is in them, also from stdin. An input runs as soon as its end was read.

Results (-o FILE, or stdout), by --to, else by the ending of FILE, also before .gz and .zst:

  jsonl     a JSON value per line (the default)
  lines     a text as it is, its newlines included; anything else as JSON
  json      one array, also where the run stops early
  csv, tsv  objects under a header: the keys of the first result; polyloop help csv

FILE.gz and FILE.zst are packed, and may be read up to a second ago while the run goes on. Results
come in the order of the inputs; with --unordered as they finish. A failed input has no result: its
line is missing. --envelope has a line for every input; --errors FILE gets those that failed:

  {"index":0,"ok":true,"value":42,"attempts":1,"ms":3.2}
  {"index":1,"line":2,"input":…,"error":{"name","message","stack"},"attempts":1}

  jq -c .input failed.jsonl | polyloop run tasks.ts#work

A line that is not valid (JSON or UTF-8) is a failed input with its number; the run goes on.

What JSON or JavaScript cannot hold:

  9007199254740993, 1e999   in an input: it fails, for JavaScript has another number there
  0.1234567890123456789     in an input: rounded to the nearest number JavaScript has
  {"a":1,"a":2}             in an input: the last of equal keys counts
  NaN, Infinity, BigInt     in a result: it fails, and the error says where (result.items[3])
  Map, Set, Error, RegExp, bytes, streams, promises, functions, symbols, an invalid Date: likewise
  undefined                 in an object: left out; in an array, or alone: null (--to lines: "")
  -0, 1.0, 1e2              0, 1, 100
  Date, URL, toJSON()       what toJSON() gives; of an object of a class its own fields
  half a surrogate pair     fails in lines and csv; in JSON it is "\\ud800"
  {"b":1,"2":0}             {"2":0,"b":1}: keys that are whole numbers come first, as in JavaScript
`,
  csv: `CSV is read as spreadsheets and Python's csv module read it. A row is an object under the names of
the header, and every value is a text: {"id":"1","note":"two\\nlines"}.

  --from tsv, --to tsv      the same with tabs
  --separator ';'           another separator, of --from csv and of --to csv
  --to-separator ,          that of --to csv, where it is another
  --header id,name          the columns, where the file has no header
  --no-header               the same; they are column1, column2, …

A first line sep=; as Excel writes it says what the separator is. Empty lines are passed over. A row
with more or fewer values than the header, or with bytes that are not UTF-8, is a failed input with
its line; a header that is not UTF-8 ends the run before it begins. UTF-16 with its mark is read.

A column without a name is column3 (if it is the third); a second column a is a_2. The run says so.

Results are written under a header: the keys of the first. A key that is missing later is an empty
cell, as null and undefined are; one that is new fails its input. An array or object is JSON in its
cell. Quotes stand where they are needed. A row ends in \\n.

Columns keep their places, also those whose names are whole numbers (name,2021,2020), which
JavaScript's objects put first: in results they stand where the header of the (first) input has
them, in CSV and in JSON. Within the task, and in objects inside a result, JavaScript's order holds;
over a broker (--redis) that of JSON results, too.
`,
  config: `A config is a JSON file with the options of polyloop run, named as the flags are, in camelCase:

  {
    "module": "tasks.ts#fetchPage",
    "input": "urls.txt",
    "from": "lines",
    "concurrency": 64,
    "timeout": "30s",
    "unordered": true,
    "allowNet": ["example.com"],
    "allowRead": true
  }

--config FILE names it. Without the flag it is polyloop.json in the folder of MODULE, if there;
where no MODULE is given, in the current folder, so that a config with a "module" needs no more
than polyloop run. --no-config leaves it out. With -e there is none but by --config. A line on
stderr says which config was read, and which keys of it count; --dry-run shows all options.

What counts is the flag, else the config, else the default. A permission flag replaces all
permissions of the config. Relative paths in a config start from its folder.

A config that was only found, and not named, may be a stranger's. Of such a config do not count:
  allowAll, allowRead, …, isolation none   unless -P takes its permissions (on Node, where nothing
                                           is denied by default, lists count: they only take away)
  redis, redisCa, queue, runId             never: inputs would be sent elsewhere
  module, input, output, errors, …         where the path leads out of the config's folder
  input                                    where stdin is a pipe or a file: that is read instead

A line on stderr says what did not count. With --config everything does.

An unknown key or a wrong value ends the run before it begins, with exit code 2. A journal keeps
what counted, so polyloop resume reads no config. polyloop bench takes the same config.
`,
  permissions: `On Deno a task may compute, and nothing else, but for what these grant:

  --allow-read[=PATHS]    read files, or those in these folders
  --allow-write[=PATHS]   write files
  --allow-net[=HOSTS]     connect, or to these hosts (example.com, example.com:443)
  --allow-env[=NAMES]     see the environment
  --allow-run[=PROGRAMS]  start programs
  --allow-ffi[=PATHS]     load native libraries
  --allow-sys[=NAMES]     ask the system about itself
  --allow-import[=HOSTS]  import modules from other hosts
  -A, --allow-all         everything

A list stands after =, separated by commas. In a config: "allowNet": ["a", "b"], or true. Those of a
config count if --config FILE names it, or with -P; a flag replaces all of them. The flags of
polyloop resume replace all that the run had. An access that was not granted is a failed input that
names the flag, on a terminal too: polyloop and Deno ask nobody. The module itself and what it
imports load in any case. Threads need Deno's --unstable-worker-options for it, which the binary
has; where it is missing, tasks run in processes.

What Deno leaves to every task, or nobody can keep from it:

  stdin, stdout  stdin is empty; what it writes to stdout goes to stderr
  colours        whether a terminal has them (NO_COLOR, TERM, CI and the like)
  npm packages   import("npm:…") downloads one and runs it, with the task's rights; with deno run
                 --cached-only -A …/cli.ts run … nothing is downloaded; the binary has no packages
  links          those that stand in a granted folder are followed; a task cannot make any

Threads share a process, and one that means harm can end its neighbours: for code that you do not
trust take --isolation process. With --allow-run or --allow-ffi a task can do everything. More is
in SECURITY.md.

On Node (a recent 24, or newer), tasks are held to these flags with --isolation process; without
any such flag nothing is denied. What Node cannot enforce is refused: env, sys and, where it has no
--allow-net, net have to be granted; net, run and ffi are granted whole or not at all. Packages in
node_modules may be read; what the module itself loads while it runs needs --allow-read. Without
--allow-run a task starts no threads, and node:sqlite is there only for those that may read and
write everything. Links out of a granted folder are followed. Node says that all this keeps trusted
code from mistakes and is no wall against hostile code: for that, take Deno.
`,
  errors: `An input that fails does not end the run. It is shown on stderr (the first ten), counted, and
makes the exit code 1; --errors FILE and --envelope write it down.

  --timeout 30s           a task that takes longer has its signal aborted and has failed
  --grace 5s              so long it may go on after that; then its worker is replaced
  --retries 3             a failed input is tried again, three times at most
  --backoff 200ms..30s    after 200 ms, then twice as long each time, up to 30 s, with jitter
  --halt 10, --halt 5%    nothing more is started once so many have failed (exit code 3);
                          a part in percent counts from the third failure on
  --deadline 1h           the run is aborted after this time (exit code 124)

An error's retryAfter, of its own or of its cause, sets the delay itself: seconds as a number or
text, or an HTTP date. So does a Retry-After in its headers.

An input whose worker was lost (out of memory, a crash, Deno.exit) is run again whatever --retries
says. One that was on two lost workers gets the third to itself; if that is lost too, it was the
culprit, and has failed.
`,
  steering: `How fast a run goes, and how much at once. Each of these may stand in a config, too.

  --rate 100/s            no more starts than that in any second, evenly spaced (10/m, 500/h). It is
                          up to 2 % fewer, so that a server counts no more either. Attempts after
                          the first count as well; with --batch, calls do. What was not started in
                          its time (no slot was free) is not made up for in a burst.
  --limit-per host=2      no more than two in flight for each host, over all workers, bodies that go
                          on after a timeout included. The host (with its port) is that of the
                          input, if it is a URL, or of its field url, or else its field host.
  --limit-per user.id=1   the same for each value of a field; the dots of a path lead into objects.
                          What has to wait is passed by others, as far as inputs are read ahead:
                          16,384 of them, or 64 MB. An input without the field has no limit.

  -c auto                 finds how many tasks each worker has in flight: from 8 it doubles while
                          more end well per second, then tries a quarter more or less now and then.
                          It takes a step back when more fail than before, or a worker's loop runs
                          late. The summary says where it settled; that may be used as -c N.
  --memory 2gb            replaces workers by fresh ones as they grow, each at its part of it (64mb
                          at least), looked at four times a second. It ends its tasks first, and a
                          successor is there before it goes: so no wall, but a stop to what leaks.
  kill -USR1 PID          one more in flight on each worker, at once; -USR2: one fewer, as tasks end
                          (not on Windows). With -c auto they shift the level it goes on from.
`,
  journal: `--journal FILE keeps every outcome in an SQLite file, so that a run survives everything, SIGKILL
and a full disk included:

  polyloop run tasks.ts#work -i urls.jsonl -o out.jsonl --journal run.sqlite
  polyloop resume run.sqlite                   runs what has not run
  polyloop resume run.sqlite --retry-failed    the failed ones too
  polyloop status run.sqlite [--json]          how far it is, also while it runs
  polyloop status run.sqlite --report run.html what it did, as a page

resume writes the output of all inputs from the start, as if nothing had happened. It has the
options that the run had (those of its config included), from whatever folder it is called; flags
take their place, as in polyloop resume run.sqlite --isolation process.

Inputs are known by their content, so lines may have been added, removed or moved meanwhile. Those
of stdin and of <(COMMAND) are given again: polyloop resume run.sqlite < urls.jsonl. Outcomes of
inputs that are not there this time stay in the journal; resume says how many, and --forget removes
them. What ran in the last 10 ms before a SIGKILL may run twice. A module that has changed is
refused without --accept-changed-module (packages and URLs that it imports are not looked at).

status tells whether the run is running, stopped or finished, by which process, how many inputs of
how many are done, the retries, the rate and the time left. It is written once a second.

The journal holds all results. Where there are several -i, its line numbers go on from file to
file. One process at a time has it, by whatever name (links, mounts); beside it stands an empty
run.sqlite-lock, and while it is used run.sqlite-wal, which has to stay beside it. Every row has a
checksum: a journal with a damaged row is refused by its name, and resume --repair goes on without
that row, so that its inputs run again. A run whose journal was deleted ends with exit code 4.
`,
  progress: `--progress auto     on a terminal a live line, elsewhere a line every ten seconds (the default)
--progress plain    a line every two seconds
--progress json     an object a second, for programs
--progress none     nothing, and no summary either

All of it is on stderr. The live line has the last row of the terminal to itself; what tasks print
scrolls above it. (After kill -9 it is reset that gives the row back.) Where the number of inputs is
not known yet, ~ marks a guess from the file's size. slots 97% is the part of all slots (-j × -c)
that was in use so far: it says nothing of the CPU.

With json, every line of polyloop's own on stderr is one object; what tasks print stands between
them as it is, so take the lines that begin with {"type":. There are four types: progress; failure
(one of the first ten: index, line, file, place, name, message, text); errors (before the last
progress, if any failed: kinds, each with like and count, and others, of further kinds); notice
(message: everything else that is said). Of progress, null is what is not known:

  done                       false; true in the last one
  elapsedMs, leftMs          milliseconds so far, and to go (at the rate of the last ten seconds)
  ok, failed, before         inputs that ended well, failed, or had an outcome in the journal
  retries, inFlight          attempts that were followed by another, tasks on workers now
  read, total, totalIsExact  inputs read, inputs in all; not exact: guessed from the size
  bytes, size, share         bytes read, bytes in all, the part of the inputs done (0 to 1); size
                             of what is in a .gz or .zst is a guess until all of it is read
  perSecond, load            inputs per second (of the last ten), the part of all slots' time in use

An input that has been in flight for five seconds, and for three times as long as 99 of 100, is
named as oldest: its line, ms, and whether a --timeout ends it; leftMs is null then.
The last one also has exitCode, taskMs (of all tasks together, with what they waited for each other
on an event loop) and ms: p50, p90, p99, max; of a --batch, each input has its part. Load and ms are
of tasks that have ended. Time in which the run was suspended (Ctrl-Z) does not count.

At the end a summary says what became of the inputs; how much faster this was than one at a time
(where event loops and cores were free enough to know it; else how busy they were),
and how long tasks took (half of them up to p50); where the failures are, and the five most frequent
kinds of them: errors that differ in numbers, URLs and quoted text alone are one kind.
`,
  machines: `A run can go over a broker, Redis or Valkey 6.2 or newer, to workers on any number of machines:

  polyloop worker tasks.ts --redis redis://HOST:6379          on each, with -j, -c, --allow-…
  polyloop run tasks.ts#work --redis redis://HOST:6379 -i FILE  anywhere: same output and options
  polyloop top --redis redis://HOST:6379                      what there is: runs, workers, rates

A URL with a password does not belong on a command line, where ps shows it, and is refused there:
put it into POLYLOOP_REDIS, which all three read. rediss:// is TLS; --redis-ca FILE names a CA of
your own. Runs and workers meet on a queue (--queue NAME; default).

Workers have the module, and a run sends data alone: names, inputs and results. A worker whose
module differs in any byte, what it imports by path included, refuses the run, and both say so.
-j, -c, --isolation, --memory, --schema and permissions are the workers'. -e, --batch, --rate and
--limit-per are refused.

Each input is run at least once, its result written exactly once; context.key is the same in every
attempt, on whatever worker. With --journal it is the one that a run without a broker has, also when
the run is resumed. A worker that dies costs its chunks --lock 15s; one that is told to stop
(SIGTERM) finishes what it has. An input that takes its worker with it is found out, by running
those of its chunk alone, and has failed.

--run-id NAME names a run; it can have one producer at a time. Without workers a run waits for one.
--metrics :9400 on a worker serves /metrics to Prometheus. The broker needs maxmemory-policy
noeviction, and appendonly yes if what is under way should not run again after a crash of it.
`,
  reports: `--report run.html   one file, without network: the timeline of the workers, tasks in flight and
                    per second, how long tasks took, errors, the slowest inputs, options
--trace trace.json  Chrome trace events, for ui.perfetto.dev or chrome://tracing
--stats stats.json  the figures, for programs

They are written when the run ends, however it ends but by SIGKILL; the trace as it goes.
After resume they are of the whole run, all its sessions; polyloop status JOURNAL --report run.html
shows that, too. Of earlier sessions a journal does not keep the workers, the attempts before the
last, nor the inputs that ended well: those sessions have one row, and times exact to 10 ms.

Counts, rates, times and curves are of all tasks. In a long run there are too many to show each of
them. Then a report has one in 2, 4, 8, … of them, and of those that failed; a trace has the first
100,000, then one in 2, 4, … of what follows. Both say so. Percentiles are off by 5 % at the most.

A bar is the last attempt of a task. It ends when its result arrived here, and is as long as its
worker measured; short tasks whose results arrive together are laid out one before the other.

OpenTelemetry has a topic of its own: polyloop help telemetry.
`,
  telemetry: `polyloop exports spans where OpenTelemetry is on. It costs some time per task.

  Deno   OTEL_DENO=true polyloop run …
  Node   npm install @opentelemetry/api @opentelemetry/auto-instrumentations-node
         export NODE_OPTIONS="--import @opentelemetry/auto-instrumentations-node/register"
         polyloop run …

or on Node --import $PWD/otel.mjs, which starts an SDK of your own: by its full path, because
resume may run in another folder. NODE_OPTIONS loads it in each worker, too, thread or process;
without that what tasks do has no spans. Where they go is in OTEL_EXPORTER_OTLP_ENDPOINT and its
kin. The compiled program knows no OpenTelemetry: Deno fixes that when it compiles.

One span for the run, a child of the environment variable TRACEPARENT; in it one for each task,
from its first start until it settles; in that what the task does, on whatever worker, and over a
broker where polyloop worker has OpenTelemetry on. BAGGAGE is handed on, TRACESTATE on Node alone.

The span of the run is called polyloop run, polyloop resume or polyloop bench:

  polyloop.run.id, .module, .isolation, .journal; code.function.name
  polyloop.inputs.read, .succeeded, .failed, .left
  polyloop.inputs.succeeded_before, .failed_before (known from the journal)
  polyloop.retries; process.exit.code
  error.type: nothingRan, failures, halted, incomplete, deadline, SIGINT, SIGTERM

That of a task has the name of its function:

  polyloop.run.id; polyloop.task.id (from 1, in its run), .key (context.key)
  polyloop.input.index (from 0), .line (from 1), .file; polyloop.batch.size
  polyloop.attempts; polyloop.worker.id; code.function.name
  error.type: the error's name, as TaskTimeoutError and WorkerLostError of ours;
              of what is no error its kind: Object, string, …

A failed attempt is an event: "attempt failed" if another follows, "exception" if not:

  exception.type, .message, .stacktrace; polyloop.attempt, .worker.id

An exporter drops what its queue has no room for: set OTEL_BSP_MAX_QUEUE_SIZE (2048) to the number
of tasks of a fast run. Spans are exported before polyloop ends, a worker's before the worker ends;
one that is killed loses its own. A collector that does not answer costs a few seconds, and no
more. Deno heeds the parent's sampling with OTEL_TRACES_SAMPLER=parentbased_always_on alone.
`,
  signals: `  Ctrl-C (SIGINT), SIGTERM    reads no more, lets running tasks finish, says how to resume
  the same a second time      aborts the signals of the running tasks
  a third time                leaves at once, whatever a task does with --isolation none
  SIGHUP                      as one Ctrl-C
  SIGUSR1, SIGUSR2            one more, one fewer in flight on each worker (not on Windows)

The same signal again within 300 ms counts as one: timeout, npx and others pass on to their child
what the whole group got. Three presses and more in quick succession leave at once.

Where the main thread is blocked (by a task with --isolation none, or by a reader of stdout or
stderr that does not read), a thread of its own ends the process. Outcomes that are not in the
journal by then run again. On Node a thread that waits in a system call cannot be interrupted: then
the signal itself ends the process, which a shell takes for the same exit code. On Bun and on
Windows there is no such thread: a blocked main thread keeps signals waiting there.

A closed stdout (polyloop run … | head) ends the run quietly.
`,
  "exit-codes": `    0   every input ended well; never while an input has not run
    1   some inputs failed for good
    2   nothing ran: usage, config, module, input or a file
    3   stopped by --halt
    4   incomplete: some inputs have not run, or results or a report could not be written; also a
        broker that cannot be reached, or is full
  124   the --deadline was over
  130   SIGINT
  143   SIGTERM
`,
};
