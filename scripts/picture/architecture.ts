/**
 * `deno task picture:lib`: draws the imports in the source as `architecture.svg` in this folder. `lib/README.md` shows
 * the picture. With `--check`, writes nothing, and fails if the file is out of date. `deno task check` includes this.
 */

import { listModules, readGraph } from "../import_graph.ts";
import { ROOMS } from "../rooms.ts";

/** A layer: a folder of `lib/`, or single files. */
interface Floor {
  name: string;
  purpose: string;
  /** The prefixes of its paths. */
  paths: string[];
}

/** The layers from top to bottom. Each imports only layers below it. */
const FLOORS: Floor[] = [
  { name: "entries", purpose: "what users start or import", paths: ["cli.ts", "mod.ts"] },
  { name: "lib/cli/", purpose: "the command line: a program on top of the executor", paths: ["lib/cli/"] },
  { name: "lib/distributed/", purpose: "several machines around a broker", paths: ["lib/distributed/"] },
  { name: "lib/executor/", purpose: "the caller's side: calls, queue, pool", paths: ["lib/executor/"] },
  {
    name: "lib/backends/",
    purpose: "how a worker starts, and how its end is noticed",
    paths: ["lib/backends/"],
  },
  { name: "lib/worker/", purpose: "the worker's side: the loop that runs tasks", paths: ["lib/worker/"] },
  {
    name: "lib/wire/",
    purpose: "messages between caller and worker, and how values are packed",
    paths: ["lib/wire/"],
  },
  {
    name: "lib/",
    purpose: "imported by everything",
    paths: ["lib/errors.ts", "lib/fingerprint.ts", "lib/module_version.ts"],
  },
];

const ROOT = new URL("../../", import.meta.url);
const FILE = new URL("./architecture.svg", import.meta.url);

/** Sizes in pixels. */
const WIDTH = 700;
const LINE = 22;
const GAP = 14;
const LANE = 22;

/** Maximum length of a line in a box, in characters. */
const LONGEST = 84;

const files = ["mod.ts", "cli.ts", ...listModules(ROOT.href, "lib")];
const { imports } = await readGraph(ROOT.href, files);
const svg = draw();

if (!Deno.args.includes("--check")) {
  await Deno.writeTextFile(FILE, svg);
} else if (await Deno.readTextFile(FILE).catch(() => "") !== svg) {
  console.error(
    "scripts/picture/architecture.svg differs from the imports in the source: run deno task picture:lib",
  );
  Deno.exit(1);
}

function floorOf(path: string): number {
  return FLOORS.findIndex(({ paths }) => paths.some((beginning) => path.startsWith(beginning)));
}

/** Returns the layers that each layer imports, and whether it imports only their types. */
function edges(): Map<number, boolean>[] {
  const found = FLOORS.map(() => new Map<number, boolean>());
  for (const { from, to, ours, typeOnly } of imports) {
    const [above, below] = [floorOf(from), floorOf(to)];
    if (!ours || above === -1 || below === -1 || above === below) continue;
    found[above].set(below, (found[above].get(below) ?? true) && typeOnly);
  }
  return found;
}

/** Returns the folders or files of a layer, in lines of text. */
function roomsOf(floor: Floor): string[] {
  const lines: string[] = [];
  for (const name of namesOf(floor)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + name.length < LONGEST) lines.push(`${lines.pop()}  ${name}`);
    else lines.push(name);
  }
  return lines;
}

function namesOf({ paths }: Floor): string[] {
  const [first] = paths;
  if (ROOMS[first]) return Object.keys(ROOMS[first]).reverse().map((room) => `${room}/`);
  if (!first.endsWith("/")) return paths.map((path) => path.replace("lib/", ""));
  const inside = files.filter((file) => file.startsWith(first)).map((file) => file.slice(first.length));
  return [...new Set(inside.filter((path) => path.includes("/")).map((path) => `${path.split("/")[0]}/`))];
}

function draw(): string {
  const rooms = FLOORS.map(roomsOf);
  const heights = rooms.map((lines) => 36 + LINE * lines.length);
  const top = (floor: number) => heights.slice(0, floor).reduce((sum, height) => sum + height + GAP, GAP);
  const boxes = FLOORS.map(({ name, purpose }, at) => {
    const lines = rooms[at].map((line, row) =>
      `\n<text x="${GAP + 12}" y="${top(at) + 23 + LINE * (row + 1)}" class="rooms">${line}</text>`
    );
    return `<rect x="${GAP}" y="${top(at)}" width="${WIDTH}" height="${heights[at]}" rx="6"/>
<text x="${GAP + 12}" y="${top(at) + 23}"><tspan class="name">${name}</tspan>  ${purpose}</text>${
      lines.join("")
    }`;
  });
  const right = GAP + WIDTH;
  const lanes = edges().map((below, floor) => {
    if (below.size === 0) return "";
    const x = right + LANE * (floor + 1);
    const start = top(floor) + heights[floor] - 4;
    const end = top(Math.max(...below.keys())) + 4 + 4 * floor;
    const arrows = [...below].sort(([one], [other]) => one - other).map(([to, typesAlone]) => {
      const y = top(to) + 4 + 4 * floor;
      return `<path d="M${x} ${y}H${right + 8}"${
        typesAlone ? ' class="types"' : ""
      }/><path class="head" d="M${right + 2} ${y}l8 -4v8z"/>`;
    });
    return `<path d="M${right} ${start}H${x}V${end}"/>${arrows.join("")}`;
  });
  const [width, height] = [right + LANE * (FLOORS.length + 1), top(FLOORS.length)];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>The layers of lib/ and which layers each imports. Dashed: types alone.</title>
<style>
svg { --ground: #ffffff; --box: #f6f8fa; --edge: #8c959f; --text: #1f2328; --dim: #59636e }
@media (prefers-color-scheme: dark) { svg { --ground: #0d1117; --box: #151b23; --edge: #656c76; --text: #f0f6fc; --dim: #9198a1 } }
rect { fill: var(--box); stroke: var(--edge) } .ground { fill: var(--ground); stroke: none }
text { font: 13px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: var(--dim); white-space: pre }
.name { font-weight: bold; fill: var(--text) } .rooms { fill: var(--text) }
path { fill: none; stroke: var(--edge) } .types { stroke-dasharray: 4 3 } .head { fill: var(--edge) }
</style>
<rect class="ground" width="${width}" height="${height}"/>
${boxes.join("\n")}
${lanes.filter((lane) => lane !== "").join("\n")}
</svg>
`;
}
