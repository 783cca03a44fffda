/**
 * `deno task schema`: writes the JSON schemas of `--stats` and of a config, for programs and editors. With `--check`,
 * fails if a file is out of date.
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
    console.error(`${path} is out of date: run deno task schema`);
    Deno.exit(1);
  }
}
