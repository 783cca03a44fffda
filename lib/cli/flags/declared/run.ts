/**
 * The flags about a run as a whole.
 *
 * @module
 */

import { configFile, duration, file, limit, part, rate, word } from "../values.ts";
import { flag, toggle } from "../flag.ts";
import { ONE_MACHINE } from "./task.ts";

/** The flags of a run, by the names of their options. */
export const RUN = {
  rate: flag("--rate <N/TIME>", rate(), "Start at most N tasks per interval: 100/s, 10/m", {
    in: ["run", "resume", "bench"],
    config: ["run", "bench", "worker"],
    topic: "steering",
    more:
      "Starts are evenly spaced. The actual rate is up to 2 % lower, so that a server never counts more. " +
      "Retries count, too; with --batch, calls are counted. Starts that were missed because no slot was free " +
      "are not made up for in a burst.",
    broker: { refused: ONE_MACHINE },
  }),
  limitPer: flag("--limit-per <KEY=N>", limit(), "At most N in flight per host, or value of a field", {
    in: ["run", "resume", "bench"],
    config: ["run", "bench", "worker"],
    topic: "steering",
    more:
      "host=2: the host (with its port) is that of the input if it is a URL, or of its field url, or its " +
      "field host. user.id=1: dots lead into nested objects. The limit holds over all workers, and tasks that " +
      "go on after a timeout count. Other inputs overtake those that wait, as far as polyloop reads ahead: " +
      "16,384 inputs or 64 MB. An input without the field has no limit.",
    broker: { refused: ONE_MACHINE },
  }),
  journal: flag("--journal <FILE>", file(), "Keep every outcome, for polyloop resume FILE", {
    topic: "journal",
    isOfSession: true,
  }),
  halt: flag("--halt <N|N%>", part(), "Stop starting tasks after N failures, or N %", {
    in: ["run", "resume"],
    topic: "errors",
    more: "The exit code is 3. A percentage applies from the third failure on.",
  }),
  deadline: flag("--deadline <TIME>", duration(1), "Abort the run after this time", {
    in: ["run", "resume"],
    topic: "errors",
    more: "The exit code is 124.",
  }),
  progress: flag(
    "--progress <HOW>",
    word("auto", "plain", "json", "none"),
    "Progress: auto, plain, json or none",
    {
      in: ["run", "resume"],
      topic: "progress",
      filled: "auto",
    },
  ),
  report: flag("--report <FILE>", file(), "Write a page: timeline, rates, errors, inputs", {
    in: ["run", "resume", "status"],
    topic: "reports",
    more:
      "The page works offline. It shows the timeline of the workers, tasks in flight and per second, task " +
      "times, errors, the slowest inputs and the options.",
  }),
  stats: flag("--stats <FILE>", file(), "Write the figures of the run, as JSON", {
    in: ["run", "resume"],
    topic: "reports",
  }),
  trace: flag("--trace <FILE>", file(), "Write the tasks, as Chrome trace events", {
    in: ["run", "resume"],
    topic: "reports",
    more: "Open it in ui.perfetto.dev or chrome://tracing.",
  }),
  dryRun: toggle("--dry-run", "Check module, options and inputs; run nothing", {
    topic: "config",
    isOfSession: true,
  }),
};

/** The flags about options from a file, by the names of their options. */
export const CONFIG = {
  config: flag("--config <FILE>", configFile(), "Read options from a file", {
    in: ["run", "bench", "worker"],
    config: [],
    topic: "config",
    default: "polyloop.json",
    negated: "Ignore polyloop.json",
    isOfSession: true,
  }),
};
