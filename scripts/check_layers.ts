/**
 * Enforces the layers of lib/. Reads the real module graph from `deno info` and prints one line per breach. `deno task
 * layers` runs it on this project, and its test on small trees with `--root`.
 */

import { type Import, listModules, readGraph } from "./import_graph.ts";
import { ROOMS } from "./rooms.ts";

/** The project's files that the files under `of` may import. A path stands for every path that begins with it. */
interface Law {
  of: string;
  may: string[];
  /** Files that may be imported only with `import type`. */
  mayTypes?: string[];
  law: string;
}

/** A file that only a few files may import. */
interface Guard {
  file: string;
  by: string[];
  law: string;
}

/** The laws. The first one that applies to a file counts. */
const LAWS: Law[] = [
  {
    of: "lib/errors.ts",
    may: [],
    law: "errors.ts imports nothing, as everything may import it",
  },
  {
    of: "lib/wire/",
    may: ["lib/wire/", "lib/errors.ts"],
    law: "wire/ imports only wire/ and errors.ts",
  },
  {
    of: "lib/worker/",
    may: ["lib/worker/", "lib/wire/", "lib/errors.ts"],
    law: "worker/ imports only worker/, wire/ and errors.ts",
  },
  {
    of: "lib/backends/inline.ts",
    may: ["lib/backends/", "lib/worker/", "lib/wire/", "lib/errors.ts"],
    law: "inline.ts imports only backends/, worker/, wire/ and errors.ts",
  },
  {
    of: "lib/backends/",
    may: ["lib/backends/", "lib/wire/", "lib/errors.ts"],
    law: "backends/ imports only backends/, wire/ and errors.ts (inline.ts alone also worker/)",
  },
  {
    of: "lib/executor/",
    may: ["lib/executor/", "lib/wire/", "lib/errors.ts", "lib/backends/default.ts"],
    mayTypes: ["lib/backends/backend.ts", "lib/worker/context.ts"],
    law: "executor/ imports only executor/, wire/, errors.ts and backends/default.ts, " +
      "and with `import type` backends/backend.ts and worker/context.ts",
  },
  {
    of: "lib/distributed/",
    may: [
      "lib/distributed/",
      "lib/executor/",
      "lib/backends/default.ts",
      "lib/wire/",
      "lib/errors.ts",
      "lib/fingerprint.ts",
    ],
    law:
      "distributed/ imports only distributed/, executor/, backends/default.ts, wire/, errors.ts and fingerprint.ts",
  },
];

const GUARDS: Guard[] = [
  {
    file: "lib/worker/loop.ts",
    by: ["lib/backends/inline.ts", "lib/worker/entries/"],
    law: "only backends/inline.ts and worker/entries/ import the loop",
  },
  {
    file: "lib/executor/executor.ts",
    by: ["mod.ts", "lib/cli/", "lib/distributed/"],
    law: "only mod.ts, cli/ and distributed/ import executor/executor.ts",
  },
];

/** Entries are started by URL, so no import leads to them. An entry may name its own runtime. */
const ENTRIES = "lib/worker/entries/";

const root = rootFolder(Deno.args);
const files = ["mod.ts", "cli.ts", ...listModules(root, "lib")];
const { imports, broken } = await readGraph(root, files);
const found = [...broken, ...imports.flatMap(ownBreaches), ...foreignBreaches(), ...cycles()];

for (const line of found) console.error(line);
console.log(`layers: ${files.length} files, ${found.length} ${found.length === 1 ? "breach" : "breaches"}`);
if (found.length > 0) Deno.exit(1);

/** Returns the breaches of one import of a file of this project. */
function ownBreaches({ from, to, ours, typeOnly }: Import): string[] {
  if (!ours) return [];
  const broken: string[] = [];
  const law = LAWS.find(({ of }) => from.startsWith(of));
  if (law && !isUnder(to, law.may) && !(typeOnly && isUnder(to, law.mayTypes ?? []))) broken.push(law.law);
  const guard = GUARDS.find(({ file }) => file === to);
  if (guard && !isUnder(from, guard.by)) broken.push(guard.law);
  const room = roomLaw(from, to);
  if (room) broken.push(room);
  return broken.map((law) => breach(from, to, law));
}

/** Returns the law of a folder that an import between folders of one layer breaks, if any. */
function roomLaw(from: string, to: string): string | undefined {
  for (const [layer, rooms] of Object.entries(ROOMS)) {
    if (!from.startsWith(layer) || !to.startsWith(layer)) continue;
    const [room, rest] = from.slice(layer.length).split("/", 2);
    if (rest === undefined) return undefined;
    const may = rooms[room];
    if (!may) {
      return `${layer} has no folder ${room}/ in scripts/rooms.ts, which says what each may import`;
    }
    if (isUnder(to, [room, ...may].map((name) => `${layer}${name}/`))) return undefined;
    const others = may.length === 0 ? "no other folder" : may.map((name) => `${name}/`).join(", ");
    return `${room}/ imports nothing of ${layer} but itself and ${others}`;
  }
}

/** Returns the breaches of imports of packages and runtime modules. */
function foreignBreaches(): string[] {
  const library = reach([
    "mod.ts",
    "lib/worker/serve.ts",
    ...files.filter((file) => file.startsWith(ENTRIES)),
  ]);
  return imports.filter(({ ours }) => !ours).flatMap(({ from, to }) => {
    const law = library.has(from) ? libraryLaw(from, to) : anywhereLaw(to);
    return law ? [breach(from, to, law)] : [];
  });
}

/** Returns the law that such an import breaks in a file of the library, if any. */
function libraryLaw(from: string, to: string): string | undefined {
  if (!to.startsWith("node:")) return "what mod.ts and the worker entries reach imports no package";
  if (!from.startsWith(ENTRIES)) return "what mod.ts reaches runs in browsers, so it imports no node: module";
}

/**
 * Returns the law that such an import breaks in any other file, if any. Because of this law, deno.json turns off the
 * lint rule `no-import-prefix`, which requires the opposite.
 */
function anywhereLaw(to: string): string | undefined {
  if (/^(node|npm):/.test(to)) return;
  return "a package is named inline, as npm:name@version: run from a URL, cli.ts sees no deno.json";
}

/** Returns the given files, and all files that they import, directly or indirectly. */
function reach(starts: string[]): Set<string> {
  const reached = new Set(starts);
  for (const file of reached) {
    for (const { from, to, ours } of imports) if (ours && from === file) reached.add(to);
  }
  return reached;
}

/** Returns one line for each import that closes a cycle, including imports of types. */
function cycles(): string[] {
  const lines: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, way: string[]) => {
    if (way.includes(file)) {
      const cycle = [...way.slice(way.indexOf(file)), file];
      lines.push(`${cycle.join(" → ")}: no import cycle, not even of types`);
      return;
    }
    if (done.has(file)) return;
    for (const { from, to } of imports) if (from === file) visit(to, [...way, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  return lines;
}

/** Returns the project's folder as a URL: the one of `--root`, or that of this script. */
function rootFolder(args: string[]): string {
  const at = args.indexOf("--root");
  if (at === -1) return new URL("../", import.meta.url).href;
  return new URL(`file://${Deno.realPathSync(args[at + 1])}/`).href;
}

function isUnder(path: string, beginnings: string[]): boolean {
  return beginnings.some((beginning) => path.startsWith(beginning));
}

function breach(from: string, to: string, law: string): string {
  return `${from} imports ${to}: ${law}`;
}
