import { join } from "node:path";
import { run } from "../child.ts";
import { human, inTurns, median, ratios, spread } from "../figures.ts";
import type { Bench, Finding, Row } from "../row.ts";
import { DENO, ROOT } from "../runtimes.ts";

/** Time until the compiled program has started and has run one input, compared with the source. */
export const binary: Row = {
  id: "binary",
  title: "The binary from a cold start, the whole process",
  measure,
};

const ARGS = {
  "--version": ["--version"],
  "one input": ["run", "-A", "-e", "x => x", "--progress", "none", "-o", "/dev/null", "-i"],
};

async function measure({ folder, rounds, size }: Bench): Promise<Finding[]> {
  const input = join(folder, "binary.jsonl");
  await Deno.writeTextFile(input, "1\n");
  try {
    await run(DENO.command(join(ROOT, "scripts/compile.ts"), ["--out", folder]));
  } catch {
    return [{
      measure: "binary / source",
      missing: "not measured: Deno cannot fetch its runtime (see DENORT_BIN)",
    }];
  }
  const programs = {
    binary: (args: string[]) => [join(folder, "polyloop"), ...args],
    source: (args: string[]) => DENO.command(join(ROOT, "cli.ts"), args),
  };
  const findings = await sizes(folder, size({ level: "-6", most: "1G" }, { level: "-0", most: "1M" }));
  for (const [name, args] of Object.entries(ARGS)) {
    const all = name === "--version" ? args : [...args, input];
    const milliseconds = (program: (args: string[]) => string[]) => async () =>
      (await run(program(all))).seconds * 1000;
    const figures = await inTurns(size(rounds * 4, 1), {
      binary: milliseconds(programs.binary),
      source: milliseconds(programs.source),
    });
    findings.push({
      measure: `${name}: binary / deno run of the source`,
      unit: "×",
      ...spread(ratios(figures.binary, figures.source)),
      details: [
        `ms: ${name}: binary ${human(median(figures.binary))}, source ${human(median(figures.source))}`,
      ],
    });
  }
  return findings;
}

/** The size of the binary, and of at most so much of it as it is downloaded. */
async function sizes(folder: string, { level, most }: { level: string; most: string }): Promise<Finding[]> {
  const measured = (
    bytes: number,
  ) => ({ unit: "MB", value: bytes / 1e6, min: bytes / 1e6, max: bytes / 1e6 } as const);
  const path = join(folder, "polyloop");
  const packed = await run(["sh", "-c", 'head -c "$2" "$0" | xz -T0 "$1" | wc -c', path, level, most])
    .catch(() => undefined);
  return [
    { measure: "size of the binary", target: { atMost: 112 }, ...measured((await Deno.stat(path)).size) },
    packed && Number(packed.stdout) > 0
      ? { measure: "as downloaded, packed by xz", target: { atMost: 30 }, ...measured(Number(packed.stdout)) }
      : { measure: "as downloaded, packed by xz", missing: "there is no xz" },
  ];
}
