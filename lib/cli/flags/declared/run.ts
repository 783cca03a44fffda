/** The flags about a run as a whole. */

import { countOr, duration, limit, part, rates } from "../values/amounts.ts";
import { configFile, file } from "../values/files.ts";
import { word } from "../values/texts.ts";
import { flag, toggle } from "../flag.ts";

export const RUN = {
  rate: flag("--rate <N/TIME>", rates(), "Start at most N tasks per TIME: 100/s, or N/m:FIELD", {
    isRepeatable: true,
    in: ["run", "resume", "bench"],
    config: ["run", "bench", "worker"],
    topic: "steering",
    more:
      "Starts are evenly spaced, and never follow in a burst. Retries count, too. With --batch, each call counts once. " +
      "The actual rate is up to 2 % lower, so that a server never counts more than N. 90000/m:tokens limits the sum of " +
      "the field tokens (nested: usage.tokens) of the inputs that start, and is up to 10 % lower. An input without a " +
      "number there counts 0. context.used('tokens', 812) replaces the input's number. Several --rate hold at once. " +
      "100/s,auto finds the rate: three errors in a row with a retryAfter, or the status 429, halve it, and it grows " +
      "again while there are none. The end of the run says the rate.",
  }),
  limitPer: flag("--limit-per <KEY=N>", limit(), "Run at most N tasks at once per host or field value", {
    in: ["run", "resume", "bench"],
    config: ["run", "bench", "worker"],
    topic: "steering",
    more:
      "host=2 limits tasks per host and port. The host comes from the input if it is a URL, else from its field url, " +
      "else from its field host. user.id=1 limits tasks per value of a nested field. All workers share the limit. " +
      "Tasks that continue after a timeout count. Other inputs overtake inputs that wait for the limit, as far as " +
      "polyloop reads ahead: 16,384 inputs or 64 MB. An input without the field has no limit.",
  }),
  maxInputs: flag("--max-inputs <N>", countOr("all"), "Run at most N inputs, also added ones", {
    in: ["run", "resume"],
    topic: "adding",
    default: "all",
    more:
      "The results are those of the first N inputs in order. With --journal, polyloop resume JOURNAL --max-inputs M (or all) runs further ones later.",
  }),
  revisit: toggle("--revisit", "Run added inputs even if they are not new", {
    topic: "adding",
  }),
  journal: flag("--journal <FILE>", file(), "Keep every outcome in FILE, for polyloop resume", {
    topic: "journal",
    isOfSession: true,
  }),
  halt: flag("--halt <N|N%>", part(), "Stop starting tasks after N (or N %) failures", {
    in: ["run", "resume"],
    topic: "errors",
    more:
      "The percentage is of the inputs done so far, and applies from the third failure on. The exit code is 3.",
  }),
  deadline: flag("--deadline <TIME>", duration(1), "Abort the run after TIME", {
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
      more:
        "auto is a live line on a terminal, else a line every ten seconds. plain is a line every two seconds. json is " +
        "an object every second, for programs. none leaves out the summary, too.",
    },
  ),
  tag: toggle("--tag", "Mark each line that a task prints with its input", {
    in: ["run", "resume"],
    topic: "reports",
    more:
      "As in line 3: TEXT. A line is printed when it is complete. This holds for what a task prints by console, process and " +
      "Deno. With --progress json, a line is an object of the type output: index, line, file, place, stream, text.",
  }),
  report: flag("--report <FILE>", file(), "Write an HTML page: timeline, rates, errors, inputs", {
    in: ["run", "resume", "status"],
    topic: "reports",
    more: "The page works offline.",
  }),
  stats: flag("--stats <FILE>", file(), "Write statistics of the run as JSON", {
    in: ["run", "resume"],
    topic: "reports",
  }),
  trace: flag("--trace <FILE>", file(), "Write the tasks as Chrome trace events", {
    in: ["run", "resume"],
    topic: "reports",
    more: "Open it in ui.perfetto.dev or chrome://tracing.",
  }),
  dryRun: toggle("--dry-run", "Check module, options and inputs; run nothing", {
    topic: "config",
    isOfSession: true,
  }),
};

export const CONFIG = {
  config: flag("--config <FILE>", configFile(), "Read options from FILE", {
    in: ["run", "bench", "worker"],
    config: [],
    topic: "config",
    default: "polyloop.json",
    negated: "Ignore polyloop.json",
    isOfSession: true,
  }),
};
