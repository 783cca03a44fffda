/** Opens the input of a run: its files or arguments, and their format. */

import type { Stats } from "node:fs";
import type { RunOptions } from "../flags/options.ts";
import type { RowForm } from "../../wire/csv_row.ts";
import { orderToKeep } from "../../wire/key_order.ts";
import { plural } from "../progress/format.ts";
import { printLine } from "../progress/terminal.ts";
import { UserError } from "../user_error.ts";
import type { CsvSplitter } from "./formats/csv_splitter.ts";
import { type InputFile, openInput, reading } from "./files/input_file.ts";
import { LineSplitter } from "./formats/line_splitter.ts";
import { recognized } from "./files/recognize.ts";
import type { InputFormat } from "./formats/splitter.ts";
import type { Selection } from "./selection/selection.ts";

export interface RunInput {
  readonly name: string;
  readonly files: InputFile[];
  readonly format: InputFormat;
  /** The columns of the first file, if objects do not keep their order. */
  readonly columns: string[] | undefined;
  /** The states of the files, to compare them with the outputs. */
  readonly stats: Stats[];
  /** Maximum number of inputs that are read (`--first`). */
  readonly first: number;
  /** Decides which of them run (`--shard`, `--sample`). Default: all. */
  readonly selection: Selection | undefined;
  /** Number of bytes in all; undefined if unknown. */
  readonly size: number | undefined;
  /** Whether there is nothing to read. It waits for the first bytes. */
  isEmpty(): Promise<boolean>;
  close(): void;
}

type CsvFlags = Pick<RunOptions, "from" | "to" | "separator" | "toSeparator" | "header">;

export type InputOptions =
  & Pick<RunOptions, "input" | "args" | "first" | "shard" | "sample" | "seed">
  & CsvFlags;

/**
 * Opens the input that the options name, and checks that it begins as its format demands.
 *
 * @param keepsRows whether rows of CSV may be sent to workers as they are (`wire/table_row.ts`)
 * @throws {UserError} if a file cannot be opened, or begins otherwise
 */
export async function openRunInput(options: InputOptions, keepsRows = false): Promise<RunInput> {
  const { input, from, args } = options;
  checkCsvOptions(options);
  const selection = await selectionOf(options);
  if (args) return await gatherArguments(args, { ...options, selection });
  const format = await formatOf(options);
  const files: InputFile[] = [];
  for (const path of input) files.push(await openFile(path, from));
  if (from === "json") {
    for (const file of files) await checkBeginning(file, format);
  }
  if (from !== "csv" && from !== "tsv") return gathered(files, format, { ...options, selection });
  const { readForm } = await import("./formats/csv_splitter.ts");
  const forms: (RowForm | undefined)[] = [];
  for (const file of files) forms.push(await readForm(file, format.splitter() as CsvSplitter));
  const columns = orderToKeep(forms[0]?.columns);
  const rows = keepsRows ? commonForm(forms) : undefined;
  return gathered(files, rows ? await formatOf(options, rows) : format, { ...options, selection, columns });
}

/** Returns the form of the rows of all files, if workers can read them; undefined if the files differ. */
function commonForm([first, ...others]: (RowForm | undefined)[]): RowForm | undefined {
  // A file without a row has no form.
  if (!first || !/^[\0-\x7f]$/.test(first.separator)) return undefined;
  const text = JSON.stringify(first);
  return others.every((form) => JSON.stringify(form) === text) ? first : undefined;
}

/**
 * Refuses options of CSV that would have no effect. This is checked when the formats are known, because a config or the ending of a
 * file may set them.
 *
 * @throws {UserError} if there is such an option
 */
function checkCsvOptions({ from, to, separator, toSeparator, header }: CsvFlags): void {
  const formats = `here the formats are --from ${from} and --to ${to}`;
  if (separator !== undefined && from !== "csv" && (from === "tsv" || to !== "csv")) {
    throw new UserError(`--separator applies to --from csv and --to csv only; ${formats}`);
  }
  if (toSeparator !== undefined && to !== "csv") {
    throw new UserError(`--to-separator applies to --to csv only; ${formats}`);
  }
  if (header !== undefined && from !== "csv" && from !== "tsv") {
    const flag = header === false ? "--no-header" : "--header";
    throw new UserError(`${flag} applies to --from csv and --from tsv only; ${formats}`);
  }
}

async function openFile(path: string, from: RunOptions["from"]): Promise<InputFile> {
  const file = recognized(openInput(path), { hasLines: from !== "nul" });
  // So that a file that cannot be decoded is refused before anything runs. A pipe may have nothing to read for long.
  if (file.stats?.isFile() || /\.(gz|zst)$/i.test(path)) await file.peek();
  return file;
}

async function gatherArguments(args: string[], options: InputOptions & Parts): Promise<RunInput> {
  const { argumentFile } = await import("./files/argument_file.ts");
  const format: InputFormat = {
    encoding: "record",
    unit: "argument",
    splitter: () => new LineSplitter({ skipBlank: false }),
  };
  return gathered([argumentFile(args, { json: options.from === "jsonl" })], format, options);
}

type Parts = Pick<RunInput, "selection"> & Partial<Pick<RunInput, "columns">>;

/** Returns the selection of `--shard` and `--sample`, which few runs have. */
async function selectionOf({ shard, sample, seed }: InputOptions): Promise<Selection | undefined> {
  if (shard === undefined && sample === undefined) return undefined;
  const { selectionFor } = await import("./selection/selections.ts");
  return selectionFor({ shard, sample, seed });
}

function gathered(
  files: InputFile[],
  format: InputFormat,
  { first = "all", selection, columns }: InputOptions & Parts,
): RunInput {
  const [{ name }] = files;
  return {
    name: files.length === 1 ? name : `${name} and ${plural(files.length - 1, "other file")}`,
    files,
    format,
    columns,
    first: first === "all" ? Infinity : first,
    selection,
    stats: files.flatMap(({ stats }) => stats ?? []),
    get size() {
      const sizes = files.map(({ size }) => size);
      return sizes.reduce((sum, size) => sum === undefined || size === undefined ? undefined : sum + size, 0);
    },
    async isEmpty() {
      for (const file of files) if ((await file.peek()).length > 0) return false;
      return true;
    },
    close() {
      for (const file of files) file.close();
    },
  };
}

// Formats that most runs do not use are loaded on demand.
async function formatOf(
  { from, separator, header }: InputOptions,
  rows?: RowForm,
): Promise<InputFormat> {
  switch (from) {
    case "jsonl":
      return { encoding: "json", unit: "line", splitter: () => new LineSplitter({ skipBlank: true }) };
    case "lines":
      return { encoding: "text", unit: "line", splitter: () => new LineSplitter({ skipBlank: false }) };
    case "json": {
      const { JsonSplitter } = await import("./formats/json_splitter.ts");
      return { encoding: "record", unit: "element", splitter: () => new JsonSplitter() };
    }
    case "csv":
    case "tsv": {
      const { CsvSplitter } = await import("./formats/csv_splitter.ts");
      const options = { separator: separator ?? (from === "tsv" ? "\t" : undefined), header, rows };
      return {
        encoding: "record",
        unit: "line",
        rows,
        splitter: (name) =>
          new CsvSplitter({
            ...options,
            note: name ? (text) => printLine(`polyloop: ${name}: ${text}`) : undefined,
          }),
      };
    }
    case "nul": {
      const { NulSplitter } = await import("./formats/nul_splitter.ts");
      return { encoding: "record", unit: "item", splitter: () => new NulSplitter() };
    }
    default:
      return from satisfies never;
  }
}

/** @throws {UserError} if a file is not of the format, before anything runs */
async function checkBeginning(file: InputFile, { splitter }: InputFormat): Promise<void> {
  await reading(file.name, async () => {
    const bytes = await file.peek();
    // A copy: a splitter may change what it is given.
    if (bytes.length > 0) splitter().push(new Uint8Array(bytes));
    else splitter().end();
  });
}
