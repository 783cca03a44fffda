/**
 * `deno task release`: makes all parts of a release, in order, in `dist/release/`. Publishes nothing, but prints the
 * commands that do. Fails if one of them lacks something. With `--dry-run`, only reports what is missing.
 *
 *     deno task release [--dry-run] [--out FOLDER] [--skip-gate]
 *
 * `--skip-gate` leaves out the tests of the source and of the package, and packs quickly; what comes of that is no release, and
 * it says so.
 */

import { parseArgs } from "node:util";
import config from "../deno.json" with { type: "json" };
import { ROOT } from "./npm/package.ts";
import { isDated, sectionOf } from "./release/changelog.ts";
import {
  binaries,
  bundle,
  checksums,
  commit,
  gate,
  installScripts,
  jsrPackage,
  otherCopies,
  packageManifests,
  type Problems,
  tarball,
} from "./release/parts.ts";

/** The folder that this script may empty. */
const OWN = `${ROOT}dist/release`;

const { values: options } = parseArgs({
  args: Deno.args,
  options: {
    "dry-run": { type: "boolean", default: false },
    "skip-gate": { type: "boolean", default: false },
    out: { type: "string", default: OWN },
  },
});
const { out } = options;
const { name, version } = config;
const problems: Problems = [];

await step("gate", async () => options["skip-gate"] ? ["the gate was skipped (--skip-gate)"] : await gate());
await step(`version ${version}`, async () => [...await otherCopies(version), ...await commit(version)]);
await step("changelog", changelog);
await step("bundle", () => bundle(out, { quick: options["skip-gate"] }));
await step("binaries", () => binaries(out, { quick: options["skip-gate"] }));
await step("npm package", () => tarball(out, { trial: !options["skip-gate"] }));
await step("JSR package", () => jsrPackage({ quick: options["skip-gate"] }));
await step("install scripts", () => installScripts(out));

console.log("\n== checksums");
const files = await checksums(out);
for (const { name, size, digest } of files) {
  console.log(`${digest}  ${(size / 1e6).toFixed(2).padStart(7)} MB  ${name}`);
}

await step("manifests of package managers", () => packageManifests(out, files));

const packed = files.find(({ name }) => name.endsWith(".tgz"));
console.log(`\n== ${name} ${version}: to publish it`);
for (const problem of problems) console.log(`not ready: ${problem}`);
console.log(`git tag --annotate v${version} --message "polyloop ${version}" && git push origin v${version}`);
console.log(
  `gh release create v${version} --notes-file ${out}/NOTES.md ${out}/polyloop* ${out}/install.* ${out}/SHA256SUMS ${out}/manifests/*`,
);
console.log(`npm publish ${out}/${packed?.name}`);
console.log("deno publish");

if (options["dry-run"]) {
  console.log("\nA dry run: nothing was published.");
} else if (problems.length > 0) {
  console.error("\nrelease: not ready, see above; nothing was published");
  Deno.exit(1);
} else {
  console.log("\nAll parts are ready. Nothing is published yet: the commands above publish it.");
}

/** Runs one step and prints its problems. */
async function step(title: string, run: () => Promise<Problems>): Promise<void> {
  console.log(`\n== ${title}`);
  const found = await run().catch(fail);
  for (const problem of found) console.log(`not ready: ${problem}`);
  problems.push(...found);
}

/** Reports an error that makes all later steps pointless. */
function fail(error: Error): never {
  console.error(`release: ${error.message}`);
  Deno.exit(1);
}

/** Writes the notes into the folder, which must be empty. */
async function changelog(): Promise<Problems> {
  const section = sectionOf(await Deno.readTextFile(`${ROOT}CHANGELOG.md`), version);
  if (out === OWN) await Deno.remove(out, { recursive: true }).catch(() => {});
  await Deno.mkdir(out, { recursive: true });
  if (!Deno.readDirSync(out)[Symbol.iterator]().next().done) throw new Error(`${out} is not empty`);
  await Deno.writeTextFile(`${out}/NOTES.md`, `${section.notes}\n`);
  console.log(`${section.notes.split("\n").length} lines about ${version}`);
  const isPublished = !(await Deno.readTextFile(`${ROOT}README.md`)).includes("not published yet");
  return [
    ...(isDated(section) ? [] : [`CHANGELOG.md gives ${version} no date, but "${section.date}"`]),
    ...(isPublished ? [] : ["README.md says that polyloop is not published yet"]),
  ];
}
