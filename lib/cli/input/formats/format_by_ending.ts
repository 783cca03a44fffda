/** The format of a file by the ending of its name, which applies without `--from` or `--to`. */

type Format = "jsonl" | "json" | "csv" | "tsv" | "lines";

const FORMATS: Record<string, Format> = {
  jsonl: "jsonl",
  ndjson: "jsonl",
  json: "json",
  csv: "csv",
  tsv: "tsv",
  txt: "lines",
};

/** Returns the format for a path: `csv` for `a.csv` and `a.CSV.gz`; undefined for unknown endings and for stdin. */
export function formatByEnding(path: string): Format | undefined {
  const ending = /\.([a-z]+)(?:\.(?:gz|zst))?$/i.exec(path)?.[1].toLowerCase();
  return ending !== undefined && Object.hasOwn(FORMATS, ending) ? FORMATS[ending] : undefined;
}

/** Returns the common format of several inputs, and the input whose ending sets it; undefined if no ending sets one. */
export function formatOfInputs(paths: string[]): { path: string; format: Format } | undefined {
  for (const path of paths) {
    const format = formatByEnding(path);
    if (format) return { path, format };
  }
}

/** Returns the error for inputs whose endings set different formats; undefined if they do not. */
export function mixedInputs(paths: string[]): string | undefined {
  const first = formatOfInputs(paths);
  const other = first && paths.find((path) => (formatByEnding(path) ?? "jsonl") !== first.format);
  if (other === undefined) return undefined;
  const name = other === "-" ? "stdin" : other;
  const reading = `${name} as ${formatByEnding(other) ?? "jsonl"}`;
  return `--input: ${first!.path} would be read as ${first!.format} and ${reading}, by their endings. ` +
    "Give the one format of all files with --from, or read the files in separate runs";
}
