export const telemetry = `polyloop exports spans if OpenTelemetry is on. This costs some time per task. The
first command turns it on for Deno, the others for Node:

  OTEL_DENO=true polyloop run …

  npm install @opentelemetry/api @opentelemetry/auto-instrumentations-node
  NODE_OPTIONS="--import @opentelemetry/auto-instrumentations-node/register" \\
    polyloop run …

To start an SDK of your own on Node, use NODE_OPTIONS="--import $PWD/otel.mjs". Give the full path,
because resume may run in another folder. NODE_OPTIONS also loads the SDK in each worker, thread or
process: without it, the work of tasks has no spans. OTEL_EXPORTER_OTLP_ENDPOINT and related
variables set where spans go. The binary does not support OpenTelemetry, because Deno decides that
when it compiles.

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
default 2048) to the number of tasks. polyloop and its workers export their spans before they end. A
worker that is killed loses its spans. A collector that does not answer delays the end by a few
seconds at most. On Deno, the parent's sampling decision is used only with
OTEL_TRACES_SAMPLER=parentbased_always_on.
`;
