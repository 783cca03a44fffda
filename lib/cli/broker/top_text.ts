/** The output of `polyloop top` without `--json`. */

import type { Overview } from "../../distributed/broker/overview.ts";
import { formatCount, formatTime, plural } from "../progress/format.ts";
import { visibleLine } from "../progress/visible.ts";
import { wrapped } from "../flags/wrapped.ts";
import { type Column, tableOf } from "./columns.ts";
import { inOrder, type TopKeys } from "./top_keys.ts";

const MARK = "> ";

/** Minimum length of the name of a run or a worker, in characters. A guess: enough to tell them apart. */
const LEAST_NAME = 10;

/** Minimum length of the name of a file and a task, in characters. A guess. */
const LEAST_TASK = 14;

/** The meanings of the words, as the key `?` shows them. They fit into 80 columns and 24 rows. */
export const WORDS = `RUN        an execution of polyloop run; its name is that of --run-id
TASK       its module and export
FROM       the machine and the process of the run
FOR        time since it began
WAITING    inputs that it has read, and that no worker has been sent
IN FLIGHT  of a run: inputs sent to workers; of a worker: tasks that it runs
OK         inputs whose task returned
FAILED     inputs that failed for good
ALONE      inputs that run one at a time: two workers were lost with them
ON, LABELS what a run needs of its workers; PRIORITY: a higher one goes first

WORKER     a polyloop worker: its machine, its process, and a word of its own
VERSION    of its module; only runs with the same version use the worker
SLOTS      tasks that it can run at a time
TASKS/S    tasks that ended per second, in the last seconds
REJECTED   jobs that were not for its tasks

chunk      inputs that travel together: about a second of work
quarantine inputs that run alone, of all runs
paused     sends no more inputs until p ends the pause; what runs ends
draining   takes no more inputs, and ends when its tasks have ended`;

/** The display: its width, and on a terminal what the keys have chosen. */
interface Display {
  queue: string;
  columns: number;
  keys?: TopKeys;
}

/** The output: a summary line, the runs, the workers. No line is longer than `columns`. */
export function topText(overview: Overview, { queue, columns, keys }: Display): string {
  const { runs, workers, backlog, quarantine, memory, trouble } = inOrder(overview, keys?.order ?? "name");
  // With keys, each line has room for the mark of the selected row.
  const width = keys ? columns - MARK.length : columns;
  const selected = keys?.rowIn(overview) ?? -1;
  const marked = (lines: string[], first: number) =>
    keys ? lines.map((line, at) => `${at - 1 + first === selected && at > 0 ? MARK : "  "}${line}`) : lines;
  const rate = workers.reduce((sum, worker) => sum + worker.rate, 0);
  const head = `queue ${queue}: ${plural(runs.length, "run")}, ${plural(workers.length, "worker")}, ` +
    `${formatCount(Math.round(rate))} tasks/s, ${plural(backlog.waiting, "chunk")} waiting, ` +
    `${backlog.active} running, ${quarantine} in quarantine, ` +
    `${(memory / 1024 / 1024).toFixed(1)} MB in Redis` + (keys ? `; sorted by ${keys.order}` : "");
  return [
    wrapped(visibleLine(head), columns),
    ...(trouble === undefined ? [] : [wrapped(visibleLine(trouble), columns)]),
    "",
    ...marked(tableOf(runColumns(runs), width), 0),
    "",
    ...marked(tableOf(workerColumns(workers), width), runs.length),
    "",
  ].join("\n");
}

function runColumns(runs: Overview["runs"]): Column[] {
  const now = Date.now();
  return [
    {
      head: "RUN",
      cells: runs.map(({ run }) => run),
      cut: { least: LEAST_NAME, keep: "start" },
      rank: 9,
    },
    ...optional("STATE", runs.map(({ paused }) => paused ? "paused" : ""), 8.5),
    {
      head: "TASK",
      cells: runs.map(({ module, task }) => `${module}#${task}`),
      cut: { least: LEAST_TASK, keep: "end" },
      rank: 8,
    },
    ...optional("ON", runs.map(({ on }) => on.join("+")), 7.5),
    ...optional("PRIORITY", runs.map(({ priority }) => priority === 0 ? "" : `${priority}`), 2.5),
    { head: "FROM", cells: runs.map(({ from }) => from), cut: { least: LEAST_NAME, keep: "start" }, rank: 1 },
    { head: "FOR", cells: runs.map(({ started }) => formatTime(Math.max(0, now - started))), rank: 3 },
    { head: "WAITING", cells: runs.map(({ waiting }) => formatCount(waiting)), rank: 5 },
    { head: "IN FLIGHT", cells: runs.map(({ inFlight }) => formatCount(inFlight)), rank: 4 },
    { head: "OK", cells: runs.map(({ succeeded }) => formatCount(succeeded)), rank: 7 },
    { head: "FAILED", cells: runs.map(({ failed }) => formatCount(failed)), rank: 6 },
    { head: "ALONE", cells: runs.map(({ quarantined }) => formatCount(quarantined)), rank: 2 },
  ];
}

function workerColumns(workers: Overview["workers"]): Column[] {
  return [
    {
      head: "WORKER",
      cells: workers.map(({ id }) => id),
      cut: { least: LEAST_NAME, keep: "start" },
      rank: 9,
    },
    ...optional("STATE", workers.map(({ draining }) => draining ? "draining" : ""), 8.5),
    {
      head: "MODULE",
      cells: workers.map(({ module }) => module),
      cut: { least: LEAST_TASK, keep: "end" },
      rank: 3,
    },
    ...optional("LABELS", workers.map(({ labels = [] }) => labels.join(" ")), 7.5),
    { head: "VERSION", cells: workers.map(({ fingerprint }) => fingerprint.slice(0, 16)), rank: 1 },
    { head: "SLOTS", cells: workers.map(({ slots }) => formatCount(slots)), rank: 4 },
    { head: "IN FLIGHT", cells: workers.map(({ inFlight }) => formatCount(inFlight)), rank: 5 },
    { head: "TASKS/S", cells: workers.map(({ rate }) => rate.toFixed(1)), rank: 8 },
    { head: "OK", cells: workers.map(({ succeeded }) => formatCount(succeeded)), rank: 7 },
    { head: "FAILED", cells: workers.map(({ failed }) => formatCount(failed)), rank: 6 },
    { head: "REJECTED", cells: workers.map(({ rejected }) => formatCount(rejected)), rank: 2 },
  ];
}

/** A column only if there is something to say. */
function optional(head: string, cells: string[], rank: number): Column[] {
  return cells.some((cell) => cell !== "") ? [{ head, cells, rank }] : [];
}
