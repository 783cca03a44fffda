/** Versions of Node beside the one that the package is installed with. They come from npm, while the artefacts are made. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { start } from "../program.ts";

/** Those that polyloop runs on, and one that is too old for it. */
const VERSIONS = { "Node 22": "22.23.3", "Node 26": "26.10.0", "Node 20": "20.20.2" };

/** The name of one of them. */
export type NodeVersion = keyof typeof VERSIONS;

const folder = mkdtempSync(join(tmpdir(), "polyloop-nodes-"));

/** Their paths; of those alone that can be had. */
export const nodes: Promise<Partial<Record<NodeVersion, string>>> = install();

/** Deletes them. */
export function removeNodes(): void {
  rmSync(folder, { recursive: true, force: true });
}

async function install(): Promise<Partial<Record<NodeVersion, string>>> {
  const names = Object.keys(VERSIONS) as NodeVersion[];
  const alias = (name: NodeVersion) => name.replace("Node ", "node");
  const packages = names.map((name) => `${alias(name)}@npm:node@${VERSIONS[name]}`);
  const { err } = await start("npm", ["install", "--no-audit", "--no-fund", "--prefix", folder, ...packages])
    .catch((error) => ({ err: String(error) }));
  const found: Partial<Record<NodeVersion, string>> = {};
  for (const name of names) {
    const path = join(folder, "node_modules", alias(name), "bin", "node");
    const said = await start(path, ["--version"]).catch(() => undefined);
    if (said?.out.trim() === `v${VERSIONS[name]}`) found[name] = path;
    else console.warn(`${name} is not tested: it cannot be had from npm: ${err.trim().split("\n")[0]}`);
  }
  return found;
}
