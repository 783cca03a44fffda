/// <reference lib="dom" />
/**
 * The page of a report: reads the data in the page and draws everything. `deno task report-page` bundles it into
 * `lib/cli/report/page_bundle.ts`.
 */

import type { ReportData } from "../../lib/cli/report/report_data.ts";
import { card, el, formatCount, formatNumber, formatTime, plural, retriesText, scroller } from "./dom.ts";
import { decodeBars } from "./bars.ts";
import { errorsCard } from "./errors.ts";
import { Filter } from "./filter.ts";
import { histogramCard } from "./histogram.ts";
import { inputsCard } from "./inputs.ts";
import { limitsCard } from "./limits.ts";
import { sumsCard } from "./sums.ts";
import { Timeline } from "./timeline.ts";

const data: ReportData = JSON.parse(document.getElementById("data")!.textContent!);
const { stats } = data;
const bars = decodeBars(data.bars);
const timeline = new Timeline(data, bars);
const filter = new Filter(data, bars);
filter.onChange(({ bars }) => timeline.select(bars));
const show = (bar: number, from: HTMLElement) => timeline.show(bar, from);
const hasLimits = Object.keys(data.limits.parts).length > 0;
const sums = sumsCard(stats);

document.title = `${stats.target} · polyloop`;
document.getElementById("page")!.append(
  head(),
  figures(),
  ...(stats.ms
    ? [
      timelineCard(),
      ...(hasLimits ? [limitsCard(data, (from, to) => timeline.showTime(from, to))] : []),
      el("div", { class: "pair" }, histogramCard(data), workersCard()),
    ]
    : []),
  ...(sums ? [sums] : []),
  ...(data.kinds.length > 0 ? [errorsCard(data, filter, show)] : []),
  ...(data.inputs.rows.length > 0 ? [inputsCard(data, filter, show)] : []),
  el("div", { class: "pair" }, optionsCard(), machineCard()),
  foot(),
);
timeline.start();

function head(): HTMLElement {
  const started = new Date(stats.started);
  const day = started.toLocaleDateString(undefined, { dateStyle: "medium" });
  const time = started.toLocaleTimeString(undefined, { timeStyle: "medium" });
  const { text, kind } = verdict();
  return el(
    "header",
    { class: "head" },
    el("p", { class: "brand" }, "polyloop"),
    el("h1", {}, stats.target),
    el(
      "p",
      { class: "when" },
      el("span", { class: `verdict ${kind}` }, text),
      ` ${day}, ${time} · ${formatTime(stats.wallMs)}`,
    ),
  );
}

/** Returns how the run ended, in one word. */
function verdict(): { text: string; kind: "good" | "bad" } {
  const { failed, left, unread } = stats.inputs;
  const codes: Record<number, string> = {
    3: "halted",
    124: "deadline",
    130: "interrupted",
    143: "terminated",
  };
  const code = codes[stats.exitCode ?? 0];
  if (code) return { text: code, kind: "bad" };
  if (left > 0 || unread || stats.exitCode === 4) return { text: "incomplete", kind: "bad" };
  if (failed > 0) return { text: `${formatCount(failed)} failed`, kind: "bad" };
  return { text: "all ok", kind: "good" };
}

function figures(): HTMLElement {
  const { inputs, ms, wallMs, taskMs, perSecond, retries, sessions, loopUtilization } = stats;
  const done = inputs.ok + inputs.failed;
  const tiles: [string, string, string?][] = [
    ["inputs", formatCount(done), sessions > 1 ? `in ${formatCount(sessions)} sessions` : undefined],
    [
      "failed",
      formatCount(inputs.failed),
      done > 0 ? `${formatNumber(inputs.failed / done * 100)} %` : undefined,
    ],
    [
      "per second",
      formatNumber(perSecond),
      retries > 0 ? retriesText(retries) : undefined,
    ],
    [
      "in flight",
      `${formatNumber(taskMs / Math.max(wallMs, 0.001))}`,
      loopUtilization === null
        ? "on average"
        : `on average; event loops ${formatNumber(loopUtilization * 100)} % busy`,
    ],
  ];
  if (ms) {
    tiles.push(["median", formatTime(ms.p50), `p90 ${formatTime(ms.p90)}`]);
    tiles.push(["p99", formatTime(ms.p99), `longest ${formatTime(ms.max)}`]);
  }
  const tile = ([name, value, more]: [string, string, string?]) =>
    el(
      "div",
      { class: name === "failed" && inputs.failed > 0 ? "tile bad" : "tile" },
      el("dt", {}, name),
      el("dd", {}, value, more !== undefined && el("small", {}, more)),
    );
  return el("dl", { class: "tiles" }, ...tiles.map(tile));
}

function timelineCard(): HTMLElement {
  const { oneIn, failedOneIn, count } = data.bars;
  const what = data.bars.again > 0 ? "attempt" : "task";
  const part = (one: number) => one === 1 ? "all" : `one in ${formatCount(one)}`;
  const shown = oneIn === 1 && failedOneIn === 1
    ? `every ${what} (${formatCount(count)}) is a bar`
    : `bars are ${part(oneIn)} of the ${what}s that ended well and ${
      part(failedOneIn)
    } of those that failed ` +
      `(${formatCount(count)}); the shade behind them is of all`;
  const kept = data.journal ?? data.earlier;
  const pauses = kept?.pauses
    ? `; ${plural(kept.pauses, "pause")} left out (${formatTime(kept.pausedMs)})`
    : "";
  return card("Timeline", shown + pauses, timeline.element);
}

function workersCard(): HTMLElement {
  const isFar = stats.workers.some(({ machine }) => machine !== undefined);
  const rows = stats.workers.map(({ ids, machine, tasks, failed, taskMs }, at) => {
    const busy = taskMs / Math.max(stats.wallMs, 0.001);
    return el(
      "tr",
      {},
      el(
        "td",
        {},
        data.journal ? "all" : ids[0] === -1 ? "earlier sessions" : String(at + 1),
        machine !== undefined && el("small", {}, ` on ${machine}`),
        ids.length > 1 && el("small", {}, ` ${ids.length} in turn`),
      ),
      el("td", { class: "number" }, tasks),
      el("td", { class: failed > 0 ? "number bad" : "number" }, failed),
      el("td", { class: "number" }, formatNumber(busy)),
    );
  });
  const names = ["worker", "tasks", "failed", "in flight"];
  const table = el(
    "table",
    { class: "even" },
    el(
      "thead",
      {},
      el(
        "tr",
        {},
        ...names.map((name, at) => el("th", { scope: "col", ...(at > 0 && { class: "number" }) }, name)),
      ),
    ),
    el("tbody", {}, ...rows),
  );
  const note = data.journal
    ? "a journal does not keep which worker it was"
    : (isFar ? "on the machines that have sent results" : `${formatCount(data.concurrency)} slots each`) +
      (data.earlier ? "; a journal does not keep which workers earlier sessions had" : "");
  return card("Workers", note, scroller("Workers", table, "tall"));
}

function optionsCard(): HTMLElement {
  const rows = data.flags.flatMap(({ name, value }) => [
    el("dt", {}, name),
    el("dd", { class: "code" }, value),
  ]);
  return card(
    "Options",
    "as they were written",
    el("dl", { class: "list" }, ...rows),
  );
}

function machineCard(): HTMLElement {
  const rows: [string, string][] = [
    ["polyloop", stats.polyloop],
    ["runtime", stats.runtime],
    ["machine", data.machine],
    ["started", stats.started],
    ["finished", stats.finished],
  ];
  if (stats.exitCode !== null) rows.push(["exit code", String(stats.exitCode)]);
  return card(
    "Where",
    undefined,
    el(
      "dl",
      { class: "list" },
      ...rows.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]),
    ),
  );
}

function foot(): HTMLElement {
  const sampled = Math.max(data.bars.oneIn, data.bars.failedOneIn) > 1
    ? " Bars are a sample, chosen by a hash of the input's number."
    : "";
  const from = data.journal
    ? " From a journal: times are exact to the ten milliseconds in which outcomes are written together."
    : "";
  return el(
    "footer",
    {},
    "Counts, rates, curves and distributions are of all tasks; percentiles are off by 5 % at the most. A bar is " +
      `${
        data.journal ? "the last attempt" : "one attempt"
      } at a task, ends when its result arrived, and is as long as its worker measured.${sampled}${from}`,
  );
}
