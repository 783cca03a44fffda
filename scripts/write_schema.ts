/**
 * `deno task schema`: the form of `--stats` as JSON Schema, for those that read it. With `--check` it only looks whether
 * the file is up to date.
 *
 * @module
 */

import { statsJsonSchema } from "../lib/cli/report/stats_schema.ts";

const TARGET = new URL("../lib/cli/report/stats.schema.json", import.meta.url);
const schema = statsJsonSchema();

if (!Deno.args.includes("--check")) await Deno.writeTextFile(TARGET, schema);
else if (await Deno.readTextFile(TARGET) !== schema) {
  console.error("lib/cli/report/stats.schema.json is not what stats_schema.ts makes: deno task schema");
  Deno.exit(1);
}
