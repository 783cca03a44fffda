/**
 * The flags about what goes in and what comes out.
 *
 * @module
 */

import { countOr, file, header, path, paths, separator, texts, word } from "../values.ts";
import { flag, toggle } from "../flag.ts";

const INPUT_FORMATS = ["jsonl", "json", "lines", "nul", "csv", "tsv"] as const;
const OUTPUT_FORMATS = ["jsonl", "json", "csv", "tsv", "lines"] as const;

/** The flags of inputs and outputs, by the names of their options. */
export const STREAMS = {
  input: flag("-i, --input <FILE>", paths(), "Read inputs from FILE; repeatable", {
    in: ["run", "resume", "bench"],
    topic: "formats",
    default: "stdin",
    filled: "-",
    isRepeatable: true,
    more:
      "- is stdin. Several files are read one after another. Files in gzip, zstd and UTF-16 with a byte order mark " +
      "are decoded, also from stdin.",
  }),
  args: flag("-- INPUT …", texts(), "Inputs as arguments", {
    in: ["run", "bench"],
    config: [],
    topic: "formats",
  }),
  first: flag("--first <N>", countOr("all"), "Run only the first N inputs", {
    in: ["run", "resume", "bench"],
    topic: "formats",
    default: "all",
    more: "No more than these are read. With --journal, polyloop resume JOURNAL --first M (or all) goes on " +
      "to further inputs.",
  }),
  output: flag("-o, --output <FILE>", path(), "Write results to FILE (.gz, .zst)", {
    in: ["run", "resume"],
    topic: "formats",
    default: "stdout",
    filled: "-",
    more:
      "- is stdout. FILE.gz and FILE.zst are compressed. While the run goes on, what can be read of them is at most " +
      "one second old.",
  }),
  from: flag(
    "--from <FORMAT>",
    word(...INPUT_FORMATS),
    "jsonl, lines, csv, tsv, json, nul [by FILE's ending]",
    {
      in: ["run", "bench"],
      topic: "formats",
    },
  ),
  to: flag("--to <FORMAT>", word(...OUTPUT_FORMATS), "jsonl, lines, csv, tsv, json [by FILE's ending]", {
    topic: "formats",
    filled: "jsonl",
  }),
  separator: flag("--separator <C>", separator(), "Separator of --from csv and --to csv", {
    in: ["run", "bench"],
    topic: "csv",
    default: ",",
  }),
  toSeparator: flag("--to-separator <C>", separator(), "Separator of --to csv, if it differs", {
    topic: "csv",
  }),
  header: flag("--header <NAMES>", header(), "Names of the columns, for a CSV without a header", {
    in: ["run", "bench"],
    topic: "csv",
    negated: "Read a CSV without a header: column1, column2, …",
  }),
  unordered: toggle("--unordered", "Write results as they finish, not in input order", { topic: "formats" }),
  envelope: toggle("--envelope", "Write the outcome of every input, not bare results", { topic: "formats" }),
  errors: flag(
    "--errors <FILE>",
    file(" (stdout carries results alone)"),
    "Write failed inputs to FILE, as JSONL",
    {
      in: ["run", "resume"],
      topic: "formats",
    },
  ),
};
