/**
 * Finds the programs that feed a run through a pipe, and the files that they read. `jq .input failed.jsonl | polyloop run …
 * --errors failed.jsonl` would empty the file while jq still reads it, and its remaining inputs would be lost silently.
 * Only Linux reports these programs.
 */

import { readdirSync, readFileSync, type Stats } from "node:fs";
import process from "node:process";
import type { RunFiles } from "../../output/file_roles.ts";
import { isSameFile, statsOf } from "../../basics/paths.ts";
import { UserError } from "../../user_error.ts";
import type { RunInput } from "../run_input.ts";

interface Open {
  pid: string;
  stats: Stats;
  reads: boolean;
  writes: boolean;
}

const EMPTIED = ["output", "errors", "report", "trace", "stats"] as const;

/**
 * Looks, before outputs are emptied, whether one of them is still read by what feeds the run. Waits for the first input, so
 * that the program before the pipe has begun.
 *
 * @throws {UserError} if one is
 */
export async function refuseReadOutputs(
  files: Pick<RunFiles, typeof EMPTIED[number]>,
  input: Pick<RunInput, "stats" | "isEmpty">,
): Promise<void> {
  const pipes = input.stats.filter((stats) => stats.isFIFO());
  const outputs = EMPTIED.flatMap((flag) => {
    const path = files[flag];
    const stats = path === undefined || path === "-" ? undefined : statsOf(path);
    return stats?.isFile() && stats.size > 0 ? [{ flag, path, stats }] : [];
  });
  if (process.platform !== "linux" || pipes.length === 0 || outputs.length === 0) return;
  if (await input.isEmpty()) return;
  const read = upstreamOf(pipes);
  for (const { flag, path, stats } of outputs) {
    const reader = read.find((open) => open.reads && isSameFile(open.stats, stats));
    if (!reader) continue;
    throw new UserError(
      `--${flag}: ${path} is still being read by ${nameOf(reader.pid)}, which writes the inputs to stdin. ` +
        "Writing would destroy it: choose another file",
    );
  }
}

/** Returns all open files of the programs that write to these pipes, directly or through other pipes. */
function upstreamOf(pipes: Stats[]): Open[] {
  const all = openFiles();
  const wanted = [...pipes];
  const found: Open[] = [];
  const seen = new Set<string>();
  // The loop also visits pipes that are added meanwhile.
  for (const pipe of wanted) {
    const writers = all.filter(({ pid, stats, writes }) =>
      writes && !seen.has(pid) && isSameFile(stats, pipe)
    );
    for (const { pid } of writers) {
      seen.add(pid);
      const own = all.filter((open) => open.pid === pid);
      found.push(...own);
      wanted.push(...own.filter(({ stats, reads }) => reads && stats.isFIFO()).map(({ stats }) => stats));
    }
  }
  return found;
}

/** Returns the open files of all programs of this user, except this one. */
function openFiles(): Open[] {
  const pids = listOf("/proc").filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  return pids.flatMap((pid) => listOf(`/proc/${pid}/fd`).flatMap((fd) => openFile(pid, fd) ?? []));
}

function openFile(pid: string, fd: string): Open | undefined {
  const stats = statsOf(`/proc/${pid}/fd/${fd}`);
  if (!stats?.isFIFO() && !stats?.isFile()) return undefined;
  try {
    const flags = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, "utf8"))?.[1] ?? "0";
    const mode = Number.parseInt(flags, 8) & 3;
    return { pid, stats, reads: mode !== 1, writes: mode !== 0 };
  } catch {
    // The program has ended meanwhile.
    return undefined;
  }
}

function listOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function nameOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return `process ${pid}`;
  }
}
