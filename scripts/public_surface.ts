/**
 * `deno task surface`: writes `public_surface.txt`: everything public whose change could break a program, a script or a file of a
 * user. With `--check`, fails if the file is out of date. `deno task check` includes this, so nothing public changes unseen:
 * the change stands in the diff.
 */

import deno from "../deno.json" with { type: "json" };
import { VERSION } from "../lib/cli/journal/schema.ts";
import { PROTOCOLS } from "../lib/distributed/broker/protocol.ts";
import { ExitCode } from "../lib/cli/run/exit_code.ts";
import { COMMANDS } from "../lib/cli/flags/commands.ts";
import { FLAGS } from "../lib/cli/flags/table.ts";
import type { Flag } from "../lib/cli/flags/flag.ts";
import { filesIn } from "./npm/folders.ts";
import { ROOT } from "./npm/package.ts";

const FILE = `${ROOT}scripts/public_surface.txt`;

const parts = [
  ...await exportedNames(),
  section("Commands", Object.entries(COMMANDS).map(([name, { usage }]) => `${name} ${usage}`)),
  section("Flags", Object.values<Flag>(FLAGS).map(flagLine)),
  section("Exit codes", Object.entries(ExitCode).map(([meaning, code]) => `${code} ${meaning}`)),
  section("Formats", [`journal: ${VERSION}`, `job chunks over a broker: ${PROTOCOLS.join(", ")}`]),
];
const text = parts.join("\n");

if (!Deno.args.includes("--check")) await Deno.writeTextFile(FILE, text);
else if (await Deno.readTextFile(FILE) !== text) {
  console.error(
    "scripts/public_surface.txt is out of date. Run: deno task surface\n" +
      "Its diff is a change for users. COMPATIBILITY.md says which changes a version may bring.",
  );
  Deno.exit(1);
}

function section(title: string, lines: string[]): string {
  return `== ${title}\n\n${lines.join("\n")}\n`;
}

/** A flag's form, values and default, and the commands that have it. */
function flagLine({ usage, negated, value, default: shown, filled, in: commands }: Flag): string {
  const words = value.words ? ` {${value.words.join("|")}}` : "";
  const fallback = shown ?? filled;
  return `${usage}${words}${negated ? ", and --no-" : ""}${fallback === undefined ? "" : ` [${fallback}]`}: ${
    commands.join(" ")
  }`;
}

/** The signatures of all exports, a section for each entry of the library. */
async function exportedNames(): Promise<string[]> {
  const copy = await Deno.makeTempDir({ prefix: "polyloop-surface-" });
  try {
    for (const file of await filesIn(`${ROOT}lib`)) {
      if (file.endsWith(".ts")) await copyFile(ROOT, `lib/${file}`, copy);
    }
    for (const entry of Object.values(deno.exports)) await copyFile(ROOT, entry, copy);
    await Deno.copyFile(`${ROOT}deno.json`, `${copy}/deno.json`);
    const entries = Object.entries(deno.exports);
    return await Promise.all(
      entries.map(async ([name, entry]) => section(`Exports of ${name}`, await signatures(copy, entry))),
    );
  } finally {
    await Deno.remove(copy, { recursive: true });
  }
}

/** Copies a module without its doc comments, but for those that make a member internal. */
async function copyFile(root: string, path: string, to: string): Promise<void> {
  const source = await Deno.readTextFile(`${root}${path}`);
  const target = `${to}/${path}`;
  await Deno.mkdir(target.slice(0, target.lastIndexOf("/")), { recursive: true });
  const bare = source.replace(
    /^ *\/\*\*[^]*?\*\/\n/gm,
    (comment) => comment.includes("@internal") ? "/** @internal */\n" : "",
  );
  await Deno.writeTextFile(target, bare);
}

/** The signatures that `deno doc` prints for an entry, without those that are internal. */
async function signatures(folder: string, entry: string): Promise<string[]> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--quiet", entry],
    cwd: folder,
    env: { NO_COLOR: "1" },
  }).output();
  if (!success) throw new Error(`deno doc ${entry} failed:\n${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout)
    .replace(/^.*\n\n *@internal\n/gm, "")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("Defined in "));
}
