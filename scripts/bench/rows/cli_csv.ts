import { join } from "node:path";
import { run } from "../child.ts";
import { cpuTime } from "../cpu_time.ts";
import { human, inTurns, type Measures, median, ratios, spread } from "../figures.ts";
import { mustEqual, polyloop } from "../lines.ts";
import type { Bench, Finding, Row } from "../row.ts";

/** Rows of CSV, compared with Miller and with JSON lines of the same content. */
export const cliCsv: Row = {
  id: "csv",
  title: "polyloop run -e 'x => x' over half a million rows of CSV",
  measure,
};

async function measure({ folder, rounds, size }: Bench): Promise<Finding[]> {
  const [rows, lines, output] = ["rows.csv", "rows.jsonl", "csv.out"].map((name) => join(folder, name));
  await writeRows(rows, lines, size(500_000, 500));
  const ours = (input: string, ...more: string[]) => polyloop(input, output, "-A", ...more);
  // Miller puts spaces into its JSON, so only our output is compared.
  const seconds = (command: string[], expected?: string) => async () => {
    const ended = await run(command);
    if (expected) await mustEqual(expected, output);
    return ended.seconds;
  };
  const cpu = (command: string[]) => () => cpuTime(command);
  const hasMiller = await run(["mlr", "--version"]).then(() => true, () => false);
  const miller = ["sh", "-c", 'mlr --icsv --ojsonl --infer-none cat "$0" > "$1"', rows, output];
  const alternatives: Measures = hasMiller ? { miller: seconds(miller) } : {};
  const times: Record<string, number[]> = await inTurns(rounds, {
    polyloop: seconds(ours(rows, "--from", "csv"), lines),
    ...alternatives,
  });
  const spent = await inTurns(rounds, {
    csv: cpu(ours(rows, "--from", "csv", "--to", "csv")),
    json: cpu(ours(lines)),
  });
  await Promise.all([rows, lines, output].map((path) => Deno.remove(path)));
  const [toJson, toCsv] = [
    "CSV → JSON lines: time / mlr --icsv --ojsonl cat",
    "CSV → CSV: CPU time / JSON lines → JSON lines",
  ];
  return [
    "miller" in times
      ? {
        measure: toJson,
        target: { atMost: 1 },
        unit: "×",
        ...spread(ratios(times.polyloop, times.miller)),
        details: Object.entries(times).map(([name, times]) => `${name} ${human(median(times))} s`),
      }
      : { measure: toJson, missing: "there is no Miller" },
    { measure: toCsv, target: { atMost: 2 }, unit: "×", ...spread(ratios(spent.csv, spent.json)) },
  ];
}

/** Writes the same rows as CSV, some of them with quotes, and as JSON lines. */
async function writeRows(rows: string, lines: string, count: number): Promise<void> {
  const header = ["id", "name", "city", "note"];
  const csv = [header.join(",")];
  const json: string[] = [];
  for (let id = 0; id < count; id++) {
    const isQuoted = id % 5 === 0;
    const city = isQuoted ? "New York, NY" : "Berlin";
    csv.push(`${id},user-${id},${isQuoted ? `"${city}"` : city},`);
    json.push(JSON.stringify({ id: `${id}`, name: `user-${id}`, city, note: "" }));
  }
  await Deno.writeTextFile(rows, `${csv.join("\n")}\n`);
  await Deno.writeTextFile(lines, `${json.join("\n")}\n`);
}
