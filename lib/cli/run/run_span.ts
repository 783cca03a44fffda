/**
 * The span of a command that runs tasks. It is the parent of the tasks' spans, and a child of the span that `TRACEPARENT`
 * names. It follows OpenTelemetry's conventions for command line programs.
 */

import process from "node:process";
import { exceptionAttributes } from "../../executor/tasks/exception.ts";
import { FLUSH_TIME, flushTelemetry } from "../../wire/flush_telemetry.ts";
import {
  inTrace,
  type Span,
  type SpanAttributes,
  telemetry,
  type TraceCarrier,
  withSpan,
} from "../../wire/telemetry.ts";
import { ExitCode, exitCodeOf } from "./exit_code.ts";
import type { Places } from "../input/places.ts";
import type { Keeper } from "../journal/keeper.ts";
import type { ModuleReference } from "../task/module_reference.ts";
import type { RunOptions } from "../flags/options.ts";
import type { Tally } from "../progress/tally.ts";

const RUN = Symbol("polyloop run");

const ERROR = 2;

interface Inputs {
  places: Pick<Places, "placeOf">;
  keeper: Pick<Keeper, "indexNow"> | undefined;
  batch: boolean;
}

export class RunSpan {
  readonly #span: Span;
  /** The name of a run over a broker; otherwise a random id. */
  #runId: string = crypto.randomUUID();
  #ended = false;

  constructor(span: Span) {
    this.#span = span;
  }

  /** Returns the span of the current context. Undefined if OpenTelemetry is off. */
  static here(): RunSpan | undefined {
    return telemetry()?.context.active().getValue(RUN) as RunSpan | undefined;
  }

  begin({ runId, isolation = "thread", journal }: RunOptions, { name, task }: ModuleReference): void {
    if (runId !== undefined) this.#runId = runId;
    this.#span.setAttributes({
      "polyloop.run.id": this.#runId,
      "polyloop.module": name,
      "code.function.name": task,
      "polyloop.isolation": isolation,
      ...(journal !== undefined && { "polyloop.journal": journal }),
    });
  }

  /** The attributes of a task's span: the place of its input, or of the first one of its batch. */
  ofInputs({ places, keeper, batch }: Inputs, first: number, count: number): SpanAttributes {
    const index = keeper ? keeper.indexNow(first) : first;
    const { file, line, whole } = places.placeOf(index);
    return {
      "polyloop.run.id": this.#runId,
      "polyloop.input.index": whole,
      "polyloop.input.file": file,
      "polyloop.input.line": line,
      ...(batch && { "polyloop.batch.size": count }),
    };
  }

  count({ read, ok, failed, before, left, retries }: Tally): void {
    this.#span.setAttributes({
      "polyloop.inputs.read": read,
      "polyloop.inputs.succeeded": ok,
      "polyloop.inputs.failed": failed,
      "polyloop.inputs.succeeded_before": before.ok,
      "polyloop.inputs.failed_before": before.failed,
      "polyloop.inputs.left": left,
      "polyloop.retries": retries,
    });
  }

  /** Ends the span with the exit code. Only the first call counts: a run may go on for a moment while the process exits. */
  end(code: ExitCode, error?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#span.setAttributes({ "process.exit.code": code });
    if (code !== ExitCode.ok) {
      const meaning = meaningOf(code);
      this.#span.setAttributes({ "error.type": meaning });
      this.#span.setStatus({ code: ERROR, message: meaning });
    }
    if (error !== undefined) this.#span.addEvent("exception", exceptionAttributes(error));
    this.#span.end();
  }
}

/** Runs a command within a span of this name, where OpenTelemetry is on. The span ends with the command. */
export async function inRunSpan(name: string, run: () => Promise<ExitCode>): Promise<ExitCode> {
  const api = telemetry();
  if (!api) return await run();
  return await inCallersTrace(async () => {
    const around = api.context.active();
    const attributes = { "process.executable.name": "polyloop", "process.pid": process.pid };
    const span = api.trace.getTracer("polyloop").startSpan(name, { attributes }, around);
    const runSpan = new RunSpan(span);
    return await api.context.with(withSpan(around, span).setValue(RUN, runSpan), async () => {
      try {
        const code = await run();
        // The spans of tasks first, because a full queue would drop the span of the run, to which they all belong.
        await flushTelemetry(0.75 * FLUSH_TIME);
        runSpan.end(code);
        return code;
      } catch (error) {
        runSpan.end(exitCodeOf({ error }), error);
        throw error;
      }
    });
  });
}

/**
 * Calls back within the span that started this process, where there is one. CI systems and other tools name it by the
 * environment variables `TRACEPARENT`, `TRACESTATE` and `BAGGAGE`.
 */
function inCallersTrace<T>(call: () => T): T {
  const carrier: TraceCarrier = {};
  for (const name of ["traceparent", "tracestate", "baggage"]) {
    const value = process.env[name.toUpperCase()];
    if (value) carrier[name] = value;
  }
  return Object.keys(carrier).length > 0 ? inTrace(carrier, call) : call();
}

function meaningOf(code: ExitCode): string {
  return Object.entries(ExitCode).find(([, value]) => value === code)?.[0] ?? String(code);
}
