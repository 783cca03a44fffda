/** The flags of a single command other than `run`. */

import { count, duration } from "../values/amounts.ts";
import { word } from "../values/texts.ts";
import { flag, toggle } from "../flag.ts";

export const OWN = {
  retryFailed: toggle("--retry-failed", "Run failed inputs again", { in: ["resume"], topic: "journal" }),
  acceptChangedModule: toggle("--accept-changed-module", "Resume although the module has changed", {
    in: ["resume"],
    topic: "journal",
  }),
  forget: toggle("--forget", "Remove outcomes whose inputs are missing", {
    in: ["resume"],
    topic: "journal",
  }),
  repair: toggle("--repair", "Remove damaged rows; their inputs run again", {
    in: ["resume"],
    topic: "journal",
  }),
  benchSample: flag("--sample <N>", count(), "Measure with the first N inputs", {
    in: ["bench"],
    filled: "1000",
  }),
  for: flag("--for <TIME>", duration(1), "Measure for TIME in all", { in: ["bench"], filled: "10s" }),
  calls: flag("--calls <N>", count(), "Make at most N calls in all", { in: ["bench"], default: "no limit" }),
  json: toggle("--json", "Print JSON", { in: ["bench", "status", "top"] }),
  initTask: flag(
    "--task <KIND>",
    word("fetch", "compute"),
    "Write a task that fetches URLs, or one that computes",
    {
      in: ["init"],
      isStrict: true,
    },
  ),
  initFrom: flag("--from <FORMAT>", word("jsonl", "lines"), "Write the inputs in this format", {
    in: ["init"],
    isStrict: true,
  }),
  force: toggle("--force", "Overwrite existing files", { in: ["init"] }),
  man: toggle("--man", "Print the manual page, for man -l", { in: ["help"] }),
};
