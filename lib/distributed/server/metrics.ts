/** Writes a worker's figures in the text format of Prometheus: those of BullMQ's queues, those of the pool, and the backlog. */

import { waitAtMost } from "../../executor/basics/deadlines.ts";
import type { BullQueue } from "../broker/bullmq.ts";
import type { RunRecord } from "../broker/protocol.ts";
import type { TaskServer } from "./task_server.ts";

/** Figures that BullMQ counts only if it keeps data points for each minute. The worker's own counts replace them. */
const NOT_KEPT = /bullmq_job_(completed|failed)_total/;

interface Figure {
  name: string;
  type: "counter" | "gauge";
  help: string;
  value: number;
}

/** How long the broker may take to answer, in milliseconds. A guess: less than the 10 s that Prometheus waits. */
const PATIENCE = 3_000;

interface AskedBroker {
  queues: BullQueue[];
  /** The runs of the worker's module. */
  runs(): Promise<Pick<RunRecord, "waiting" | "inFlight">[]>;
}

/** Returns the figures of a worker with its labels, and if the broker answers, those of its queues and runs. */
export async function metricsOf(
  server: Pick<TaskServer, "id" | "labels" | "slots" | "isReady" | "stats">,
  broker: AskedBroker | undefined,
): Promise<string> {
  const { bull, backlog } = await answerOf(broker);
  const figures = [...figuresOf(server), ...backlog].flatMap((figure) => linesOf(figure, server));
  return [...grouped(bull), ...figures, ""].join("\n");
}

/** Returns what the broker tells; nothing if it does not answer in time, or with an error. */
async function answerOf(broker: AskedBroker | undefined): Promise<{ bull: string[]; backlog: Figure[] }> {
  let answer: { bull: string[]; backlog: Figure[] } = { bull: [], backlog: [] };
  if (!broker) return answer;
  await waitAtMost(
    PATIENCE,
    Promise.all([bullFigures(broker.queues), broker.runs()]).then(([bull, runs]) => {
      const open = runs.reduce((sum, { waiting, inFlight }) => sum + waiting + inFlight, 0);
      const help =
        "Inputs without an outcome, of all runs that this worker may serve; the same on each worker of its labels.";
      answer = { bull, backlog: [gauge("backlog_inputs", help, open)] };
    }),
  );
  return answer;
}

async function bullFigures(queues: BullQueue[]): Promise<string[]> {
  // Both queues have the same figures, and a figure may have only one HELP and one TYPE line.
  const seen = new Set<string>();
  const texts = await Promise.all(queues.map((queue) => queue.exportPrometheusMetrics()));
  return texts.join("\n").split("\n").filter((line) => {
    if (line.trim() === "" || NOT_KEPT.test(line)) return false;
    if (!line.startsWith("#")) return true;
    return !seen.has(line) && seen.add(line);
  });
}

/** Groups the samples of one name after its HELP and TYPE lines. */
function grouped(lines: string[]): string[] {
  const groups = new Map<string, string[]>();
  for (const line of lines) {
    const name = /^(?:# (?:HELP|TYPE) )?([a-zA-Z_:][a-zA-Z0-9_:]*)/.exec(line)?.[1] ?? "";
    groups.set(name, [...groups.get(name) ?? [], line]);
  }
  return [...groups.values()].flatMap((group) => group.sort((one, other) => rank(one) - rank(other)));
}

function rank(line: string): number {
  return line.startsWith("# HELP") ? 0 : line.startsWith("# TYPE") ? 1 : 2;
}

function counter(name: string, help: string, value: number): Figure {
  return { name, type: "counter", help, value };
}

function gauge(name: string, help: string, value: number): Figure {
  return { name, type: "gauge", help, value };
}

function figuresOf(server: Pick<TaskServer, "slots" | "isReady" | "stats">): Figure[] {
  const { slots, isReady } = server;
  const { chunks, chunksEnded, rejected, executor } = server.stats();
  const { succeeded, failed, retries, pending, inFlight, utilization, workers, stuckThreads, runTime } =
    executor;
  return [
    counter("tasks_succeeded_total", "Tasks that returned.", succeeded),
    counter("tasks_failed_total", "Tasks that failed for good on this worker.", failed),
    counter("task_retries_total", "Attempts that failed and were followed by another.", retries),
    counter(
      "job_chunks_completed_total",
      "Job chunks that this worker has completed.",
      chunksEnded.completed,
    ),
    counter("job_chunks_failed_total", "Job chunks that failed on this worker.", chunksEnded.failed),
    counter(
      "jobs_rejected_total",
      "Jobs that were rejected, because they were not chunks of this worker's tasks.",
      rejected,
    ),
    gauge(
      "ready",
      "1 if the worker takes inputs; 0 while it drains or waits for the broker.",
      isReady ? 1 : 0,
    ),
    gauge("tasks_pending", "Tasks that wait for a slot.", pending),
    gauge("tasks_in_flight", "Tasks that are running.", inFlight),
    gauge("chunks", "Job chunks that this worker is running.", chunks),
    gauge("slots", "Maximum number of tasks in flight.", slots),
    gauge("pool_workers", "Threads or processes of the pool.", workers.length),
    gauge("pool_stuck_threads", "Threads that were given up and still compute.", stuckThreads),
    gauge("pool_utilization", "Fraction of all slots' time in which a task ran.", utilization),
    gauge("task_seconds_p50", "Median duration of tasks, in seconds.", runTime.p50 / 1_000),
    gauge("task_seconds_p99", "99th percentile of the duration of tasks, in seconds.", runTime.p99 / 1_000),
  ];
}

function linesOf(
  { name, type, help, value }: Figure,
  { id, labels }: Pick<TaskServer, "id" | "labels">,
): string[] {
  const full = `polyloop_${name}`;
  const worker = id.replaceAll("\\", "\\\\").replaceAll('"', '\\"');
  const own = labels.length > 0 ? `,labels="${labels.join(",")}"` : "";
  const number = Number.isFinite(value) ? value : 0;
  return [`# HELP ${full} ${help}`, `# TYPE ${full} ${type}`, `${full}{worker="${worker}"${own}} ${number}`];
}
