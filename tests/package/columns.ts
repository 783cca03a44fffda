/** The columns of the table of commands: what users get, on each runtime that it runs on. */
import { join } from "node:path";
import type { Command } from "../cli/polyloop.ts";
import { type Artefact, ARTEFACTS, installed } from "./artefacts.ts";
import { nodes, type NodeVersion } from "./node_versions.ts";

/** One of them. */
export interface Column {
  name: Artefact["name"] | NodeVersion;
  runtime: Artefact["runtime"];
  command: Command;
  env?: Record<string, string>;
}

const found = await nodes;

/** Everything that can be had here. The URL is the source, fetched. */
export const COLUMNS: Column[] = [
  ...ARTEFACTS.filter(({ name }) => name !== "the URL"),
  ...(["Node 22", "Node 26"] as const).flatMap((name) => onNode(name) ?? []),
];

/** The package on a Node that is too old for it; nothing where one of the two cannot be had. */
export const TOO_OLD: Column | undefined = onNode("Node 20");

function onNode(name: NodeVersion): Column | undefined {
  const path = found[name];
  if (!installed || path === undefined) return undefined;
  const bin = join(installed.folder, "node_modules", ".bin", "polyloop");
  return { name, runtime: "Node", command: [path, bin] };
}
