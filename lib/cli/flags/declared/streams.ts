/** The flags about what goes in and what comes out. */

import { count, countOr, shard } from "../values/amounts.ts";
import { file, path, paths } from "../values/files.ts";
import { envelope, header, separator, texts, word } from "../values/texts.ts";
import { flag, toggle } from "../flag.ts";

const INPUT_FORMATS = ["jsonl", "json", "lines", "nul", "csv", "tsv"] as const;
const OUTPUT_FORMATS = ["jsonl", "json", "csv", "tsv", "lines"] as const;

export const STREAMS = {
  input: flag("-i, --input <FILE>", paths(), "Read inputs from FILE; repeatable", {
    in: ["run", "resume", "bench"],
    topic: "formats",
    default: "stdin",
    filled: "-",
    isRepeatable: true,
    more:
      "FILE can be - for stdin. Several files are read one after another. gzip, zstd, and UTF-16 with a byte order mark are " +
      "decoded, also from stdin.",
  }),
  args: flag("-- INPUT …", texts(), "Take inputs from the arguments", {
    in: ["run", "bench"],
    config: [],
    topic: "formats",
  }),
  first: flag("--first <N>", countOr("all"), "Run only the first N inputs", {
    in: ["run", "resume", "bench"],
    topic: "selection",
    default: "all",
    more: "Further inputs are not read. With --journal, polyloop resume JOURNAL --first M (or all) " +
      "runs them later.",
  }),
  shard: flag("--shard <I/N>", shard(), "Run only part I of N parts of the inputs", {
    topic: "selection",
    more:
      "An input's content decides its part. So N jobs with --shard 1/N to N/N run each input once, without a broker. " +
      "Inputs with equal content are in one part. Each job reads the whole input.",
  }),
  sample: flag("--sample <N>", count(), "Run only a random sample of N inputs", {
    topic: "selection",
    more:
      "Each input has the same chance. The whole input is read before the first task starts. The sample of the same " +
      "inputs is always the same, also in another order.",
  }),
  seed: flag("--seed <N>", count(0), "Draw another sample for each number N", {
    topic: "selection",
    default: "0",
  }),
  output: flag("-o, --output <FILE>", path(), "Write results to FILE (.gz, .zst)", {
    in: ["run", "resume"],
    topic: "formats",
    default: "stdout",
    filled: "-",
    more:
      "FILE can be - for stdout. FILE.gz and FILE.zst are compressed. During the run, they can be read up to the results of one " +
      "second ago.",
  }),
  from: flag(
    "--from <FORMAT>",
    word(...INPUT_FORMATS),
    "Read jsonl, lines, csv, tsv, json or nul [by ending]",
    {
      in: ["run", "bench"],
      topic: "formats",
    },
  ),
  to: flag("--to <FORMAT>", word(...OUTPUT_FORMATS), "Write jsonl, lines, csv, tsv or json [by ending]", {
    topic: "formats",
    filled: "jsonl",
  }),
  separator: flag("--separator <C>", separator(), "Separate cells of CSV input and output", {
    in: ["run", "bench"],
    topic: "csv",
    default: ",",
  }),
  toSeparator: flag("--to-separator <C>", separator(), "Separate cells of CSV output, if it differs", {
    topic: "csv",
  }),
  header: flag("--header <NAMES>", header(), "Name the columns of a CSV without a header", {
    in: ["run", "bench"],
    topic: "csv",
    negated: "Read a CSV without a header (column1, column2, …)",
  }),
  unordered: toggle("--unordered", "Write results as they finish, not in input order", { topic: "formats" }),
  envelope: flag(
    "--envelope [KIND]",
    envelope(),
    "Write all outcomes, not bare results: short or full",
    {
      topic: "formats",
      filled: false,
      bare: "short",
      more: "The default KIND is short. full adds the input, and when and where its last attempt ran.",
    },
  ),
  errors: flag(
    "--errors <FILE>",
    file(" (stdout carries results alone)"),
    "Write failed inputs to FILE as JSONL",
    {
      in: ["run", "resume"],
      topic: "formats",
    },
  ),
};
