import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../child.ts";
import { tarball } from "../products.ts";
import type { Bench, Finding, Row } from "../row.ts";

/** What `npm install` of the package adds to a project. */
export const npm: Row = { id: "npm", title: "npm install of the package", measure };

/** The part of npm's lock file that is read. */
interface Lock {
  packages: Record<string, { hasInstallScript?: boolean }>;
}

async function measure({ folder, smoke }: Bench): Promise<Finding[]> {
  if (smoke) {
    return [{ measure: "packages", missing: "not measured with --smoke: building the package takes long" }];
  }
  const project = join(folder, "npm-project");
  await mkdir(project);
  await Deno.writeTextFile(join(project, "package.json"), '{ "private": true }\n');
  try {
    const options = ["--no-audit", "--no-fund", "--loglevel=error", `--prefix=${project}`];
    await run(["npm", "install", ...options, await tarball(folder)]);
  } catch (error) {
    return [{ measure: "packages", missing: `npm cannot install it: ${(error as Error).message}` }];
  }
  const lock: Lock = JSON.parse(await Deno.readTextFile(join(project, "package-lock.json")));
  // The first one is the project itself.
  const packages = Object.entries(lock.packages).filter(([path]) => path !== "").map(([, found]) => found);
  const once = (value: number) => ({ value, min: value, max: value });
  return [
    { measure: "packages", target: { atMost: 1 }, unit: "packages", ...once(packages.length) },
    {
      measure: "size of node_modules",
      target: { atMost: 2 },
      unit: "MB",
      ...once(sizeOf(join(project, "node_modules")) / 1e6),
    },
    {
      measure: "packages with an install script",
      target: { atMost: 0 },
      unit: "packages",
      ...once(packages.filter(({ hasInstallScript }) => hasInstallScript).length),
    },
  ];
}

/** The number of bytes of all files in a folder. */
function sizeOf(folder: string): number {
  let size = 0;
  for (const { name, isDirectory, isFile } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    if (isDirectory) size += sizeOf(path);
    else if (isFile) size += Deno.statSync(path).size;
  }
  return size;
}
