import { join } from "node:path";
import { inTurns, ratios, spread } from "../figures.ts";
import { polyloop, writeLines } from "../lines.ts";
import type { Bench, Finding, Row } from "../row.ts";
import { DENO, programPath } from "../runtimes.ts";

/** The memory of a long run, which must not grow with its length. */
export const cliMemory: Row = {
  id: "10",
  title: "peak memory of polyloop run over a million and over ten million lines",
  measure,
};

async function measure({ folder, rounds, size }: Bench): Promise<Finding[]> {
  if (Deno.build.os !== "linux") {
    return [{ measure: "peak memory", missing: "can only be measured on Linux" }];
  }
  const short = await writeLines(folder, size(1_000_000, 1_000));
  const long = await writeLines(folder, size(10_000_000, 10_000));
  const output = join(folder, "10.out");
  // Few rounds, because a process takes half a minute, and other programs do not affect its memory.
  const figures = await inTurns(Math.min(rounds, 3), {
    short: () => peakMemory(polyloop(short, output, "-A")),
    long: () => peakMemory(polyloop(long, output, "-A")),
    bare: () => peakMemory(DENO.command(programPath("lines_bare"), [long, output])),
  });
  await Promise.all([short, long, output].map((path) => Deno.remove(path)));
  return [
    {
      measure: "10 million lines / 1 million lines",
      target: { atMost: 1.1 },
      unit: "×",
      ...spread(ratios(figures.long, figures.short)),
    },
    { measure: "1 million lines", target: { atMost: 250 }, unit: "MB", ...spread(figures.short) },
    { measure: "10 million lines", target: { atMost: 250 }, unit: "MB", ...spread(figures.long) },
    {
      measure: "10 million lines / two bare workers that do only this",
      target: { atMost: 1.2 },
      unit: "×",
      ...spread(ratios(figures.long, figures.bare)),
    },
  ];
}

/** Returns the maximum memory of a process during its life, in megabytes. */
async function peakMemory([path, ...args]: string[]): Promise<number> {
  const child = new Deno.Command(path, { args, stdin: "null", stdout: "null", stderr: "inherit" }).spawn();
  let peak = 0;
  // The kernel keeps the maximum only while the process lives, so this misses at most its last moment.
  const looking = setInterval(() => {
    const status = readStatus(child.pid);
    peak = Math.max(peak, Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024 / 1e6);
  }, 20);
  const { code } = await child.status;
  clearInterval(looking);
  if (code !== 0) throw new Error(`polyloop ended with code ${code}`);
  return peak;
}

/** Returns an empty text once the process has ended. */
function readStatus(pid: number): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/status`);
  } catch {
    return "";
  }
}
