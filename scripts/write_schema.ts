/**
 * `deno task schema`: the JSON schemas that programs and editors read, of `--stats` and of a config. With `--check`, it
 * fails if a file is not up to date.
 *
 * @module
 */

import { configJsonSchema } from "../lib/cli/config/config_schema.ts";
import { statsJsonSchema } from "../lib/cli/report/stats_schema.ts";

const FILES = {
  "lib/cli/report/stats.schema.json": statsJsonSchema(),
  "lib/cli/config/polyloop.schema.json": configJsonSchema(),
};

for (const [path, schema] of Object.entries(FILES)) {
  const target = new URL(`../${path}`, import.meta.url);
  if (!Deno.args.includes("--check")) await Deno.writeTextFile(target, schema);
  else if (await Deno.readTextFile(target) !== schema) {
    console.error(`${path} is not up to date: deno task schema`);
    Deno.exit(1);
  }
}
