/** The output of `polyloop top` without `--json`. */

import type { Overview } from "../../distributed/broker/overview.ts";
import { formatCount, formatTime, plural } from "../progress/format.ts";
import { visibleLine } from "../progress/visible.ts";
import { wrapped } from "../flags/wrapped.ts";
import { type Column, tableOf } from "./columns.ts";

/** Minimum length of the name of a run or a worker, in characters. A guess: enough to tell them apart. */
const LEAST_NAME = 10;

/** Minimum length of the name of a file and a task, in characters. A guess. */
const LEAST_TASK = 14;

/** The output: a summary line, the runs, the workers. No line is longer than `columns`. */
export function topText(overview: Overview, { queue, columns }: { queue: string; columns: number }): string {
  const { runs, workers, backlog, quarantine, memory, trouble } = overview;
  const rate = workers.reduce((sum, worker) => sum + worker.rate, 0);
  const head = `queue ${queue}: ${plural(runs.length, "run")}, ${plural(workers.length, "worker")}, ` +
    `${formatCount(Math.round(rate))} tasks/s, ${plural(backlog.waiting, "chunk")} waiting, ` +
    `${backlog.active} running, ${quarantine} in quarantine, ` +
    `${(memory / 1024 / 1024).toFixed(1)} MB in Redis`;
  return [
    wrapped(visibleLine(head), columns),
    ...(trouble === undefined ? [] : [wrapped(visibleLine(trouble), columns)]),
    "",
    ...tableOf(runColumns(runs), columns),
    "",
    ...tableOf(workerColumns(workers), columns),
    "",
  ].join("\n");
}

function runColumns(runs: Overview["runs"]): Column[] {
  const now = Date.now();
  return [
    { head: "RUN", cells: runs.map(({ run }) => run), cut: { least: LEAST_NAME, keep: "start" }, rank: 9 },
    {
      head: "TASK",
      cells: runs.map(({ module, task }) => `${module}#${task}`),
      cut: { least: LEAST_TASK, keep: "end" },
      rank: 8,
    },
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
      cells: workers.map(({ id, draining }) => id + (draining ? " (draining)" : "")),
      cut: { least: LEAST_NAME, keep: "start" },
      rank: 9,
    },
    {
      head: "MODULE",
      cells: workers.map(({ module }) => module),
      cut: { least: LEAST_TASK, keep: "end" },
      rank: 3,
    },
    { head: "VERSION", cells: workers.map(({ fingerprint }) => fingerprint.slice(0, 16)), rank: 1 },
    { head: "SLOTS", cells: workers.map(({ slots }) => formatCount(slots)), rank: 4 },
    { head: "IN FLIGHT", cells: workers.map(({ inFlight }) => formatCount(inFlight)), rank: 5 },
    { head: "TASKS/S", cells: workers.map(({ rate }) => rate.toFixed(1)), rank: 8 },
    { head: "OK", cells: workers.map(({ succeeded }) => formatCount(succeeded)), rank: 7 },
    { head: "FAILED", cells: workers.map(({ failed }) => formatCount(failed)), rank: 6 },
    { head: "REJECTED", cells: workers.map(({ rejected }) => formatCount(rejected)), rank: 2 },
  ];
}
