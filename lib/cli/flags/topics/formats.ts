export const formats = `--from and --to set the formats of inputs and results. Without them, the ending of
FILE decides: .jsonl .ndjson .json .csv .tsv .txt, also before .gz or .zst:

  jsonl     one JSON value per line; blank lines are skipped (the default)
  lines     each line is a string, also a blank line (.txt); a result that is not a string is JSON
  csv, tsv  rows below a header: {"column":"text",…}; see polyloop help csv
  json      one array, read as a stream: [1, {"a": 2}, …]; valid JSON even if the run stops early
  nul       inputs only: strings that end with a NUL, as find -print0 writes them

{flags}

Inputs after -- are strings, or JSON with --from jsonl: polyloop run tasks.ts#work -- a b c. A line
that is not valid JSON or UTF-8 is a failed input with its line number. A failed input has no line
in the output. --envelope and --errors write lines like these. After a lost worker, "error" also has
"exitCode" or "signal":

  {"index":0,"ok":true,"value":42,"attempts":1,"ms":3.2}
  {"index":0,…,"started":"2026-11-27T09:30:00.125Z","worker":1,"position":0,"input":…}  (full)
  {"index":1,"line":2,"input":…,"error":{"name","message","stack"},"attempts":1}

Values that JSON or JavaScript cannot represent:

  9007199254740993, 1e999   in an input: it fails, because JavaScript would read another number
  0.1234567890123456789     in an input: rounded to the nearest number of JavaScript
  {"a":1,"a":2}             in an input: the last of equal keys is used
  NaN, Infinity, BigInt     in a result: it fails, and the error names the place (result.items[3])
  Map, Set, Error, RegExp, bytes, streams, promises, functions, symbols, an invalid Date: fail, too
  undefined                 in an object: left out; in an array, or alone: null (--to lines: "")
  symbol keys               left out, and so are named fields of an array
  -0, 1.0, 1e2              0, 1, 100
  Date, URL, toJSON()       the value of toJSON(); for other objects of a class, their own fields
  half a surrogate pair     in lines and csv: it fails; in JSON it is "\\ud800"
  {"b":1,"2":0}             {"2":0,"b":1}: keys that are whole numbers come first, as in JavaScript
`;
