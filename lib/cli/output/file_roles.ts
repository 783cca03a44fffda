/**
 * Refuses to write a file that the run also reads, or that it writes for two purposes. Files are compared by device and
 * inode, also through links; files that do not exist yet, by their resolved path.
 */

import type { Stats } from "node:fs";
import { moduleFiles } from "../../fingerprint.ts";
import type { RunOptions } from "../flags/options.ts";
import type { RunInput } from "../input/run_input.ts";
import { BESIDE_JOURNAL, isSameFile, realPath, statsOf } from "../basics/paths.ts";
import { pathOfFile, statOf as statOfDescriptor } from "../stdio/stdio.ts";
import { UserError } from "../user_error.ts";

export type RunFiles =
  & Pick<RunOptions, "output" | "errors" | "journal" | "report" | "trace" | "stats">
  & Pick<RunOptions, "redisCa" | "redisCert" | "redisKey">;

interface RunSources {
  input: Pick<RunInput, "stats">;
  module: string;
  config?: string;
}

interface Role {
  what: string;
  flag?: string;
  path?: string;
  /** Undefined if the file does not exist. */
  stats?: Stats;
}

const OUTPUT = "the output file";

const STDERR: Role = { what: "the file that stderr writes to", stats: statOfDescriptor(2) };

/**
 * Checks all files of a run. Called before any of them is opened for writing.
 *
 * @throws {UserError} if a file would be written that is also read, or written for another purpose
 */
export function refuseSharedFiles(files: RunFiles, sources: RunSources): void {
  const written = writtenBy(files);
  // A file that does not exist is not read. So the module's imports are searched only if a file exists.
  if (written.some(({ stats }) => stats?.isFile())) {
    const read = readBy(files, sources);
    for (const role of written) refuse(role, read);
  }
  // A message would become an input, which fails with another message.
  for (const stats of sources.input.stats) {
    refuse({ ...STDERR, flag: "stderr" }, [{ what: "the input file. Messages would become inputs", stats }]);
  }
  refuseSharedOutputs(files);
}

/**
 * Checks the files that are written. Called again before any of them is emptied, when all exist. Only then are two names of one
 * file recognized on a disk that does not distinguish `a` and `A`.
 *
 * @throws {UserError} if a file would be written for two purposes
 */
export function refuseSharedOutputs(files: RunFiles): void {
  const others: Role[] = [];
  for (const role of writtenBy(files)) {
    // A shell's `> log 2>&1` asks for results and messages in one file. In any other file, messages would damage the content.
    refuse(role, role.flag === "stdout" ? others : [...others, STDERR]);
    others.push(role);
  }
}

/** Checks the file of `polyloop status --report`. @throws {UserError} if it is the journal, or a file of the journal's run */
export function refuseAsReport(report: string, journal: string, { files, module, input }: {
  files: RunFiles;
  module: string;
  input: string[];
}): void {
  const inputs = input.filter((path) => path !== "-").flatMap((path) => statOf(path) ?? []);
  const { output, errors, trace, stats } = files;
  const kept = { output, errors, trace, stats, journal };
  const others = [
    ...readBy(files, { input: { stats: inputs }, module }),
    ...writtenBy(kept).filter(({ path }) => path !== undefined),
    { what: "stdout", stats: statOfDescriptor(1) },
  ];
  refuse(roleOf({ flag: "--report", what: "the file of --report", path: report }), others);
}

function readBy({ redisCa, redisCert, redisKey }: RunFiles, { input, module, config }: RunSources): Role[] {
  const files = moduleFiles(module);
  // -e is no file, but may import some.
  const main = module.startsWith("file:") ? files.shift() : undefined;
  const roles: Role[] = [
    ...input.stats.map((stats) => ({ what: "the input file. Writing would destroy it", stats })),
    { what: "the file on stdin. Writing would destroy it", stats: statOfDescriptor(0) },
  ];
  if (main !== undefined) roles.push(roleOf({ what: "the module", path: main }));
  for (const path of files) roles.push(roleOf({ what: "a file that the module imports", path }));
  if (config !== undefined) roles.push(roleOf({ what: "the config", path: config }));
  for (const [flag, path] of [["-ca", redisCa], ["-cert", redisCert], ["-key", redisKey]]) {
    if (path !== undefined) roles.push(roleOf({ what: `the file of --redis${flag}`, path }));
  }
  return roles;
}

function writtenBy({ output, errors, journal, report, trace, stats }: RunFiles): Role[] {
  const roles: Role[] = [
    output === "-"
      ? { flag: "stdout", what: OUTPUT, stats: statOfDescriptor(1) }
      : roleOf({ flag: "--output", what: OUTPUT, path: output }),
  ];
  const add = (flag: string, path: string | undefined, what: string) => {
    if (path !== undefined) roles.push(roleOf({ flag, path, what }));
  };
  add("--errors", errors, "the file of failed inputs");
  add("--journal", journal, "the journal");
  for (const end of journal === undefined ? [] : BESIDE_JOURNAL) {
    add("--journal", `${realPath(journal!)}${end}`, "a file of the journal");
  }
  add("--report", report, "the file of --report");
  add("--trace", trace, "the file of --trace");
  add("--stats", stats, "the file of --stats");
  return roles;
}

function roleOf({ flag, what, path }: { flag?: string; what: string; path: string }): Role {
  return { flag, what, path, stats: statOf(path) };
}

function isSame(one: Role, other: Role): boolean {
  if (one.stats && other.stats) {
    // A device such as /dev/null may have several purposes.
    const areFiles = one.stats.isFile() && other.stats.isFile();
    return areFiles && isSameFile(one.stats, other.stats);
  }
  if (one.stats || other.stats || one.path === undefined || other.path === undefined) return false;
  return realPath(one.path) === realPath(other.path);
}

function refuse(role: Role, others: Role[]): void {
  const other = others.find((other) => isSame(role, other));
  if (!other) return;
  const { flag, path } = role;
  const name = path === undefined ? flag : `${flag}: ${path}`;
  const why = flag === "--errors" && other.what === OUTPUT ? ". Failed inputs need a separate file" : "";
  throw new UserError(`${name} is ${other.what}${why}`);
}

function statOf(path: string): Stats | undefined {
  return statsOf(pathOfFile(path));
}
