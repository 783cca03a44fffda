/**
 * Makes the JSON schema of a config from the table of flags. Editors use it to complete and check a `polyloop.json`.
 * `deno task schema` writes it to `polyloop.schema.json` in this folder.
 */

import { CONFIG_KEYS } from "../flags/options.ts";
import { defaultOf, flagOf } from "../flags/table.ts";

/** The name of the file that `polyloop init` writes beside a config. */
export const SCHEMA_NAME = "polyloop.schema.json";

export function configJsonSchema(): string {
  const schema = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $comment: "Made of lib/cli/flags/declared/ by: deno task schema",
    title: "Options of polyloop run",
    description: "A config of polyloop: polyloop.json, or the file of --config. See polyloop help config.",
    type: "object",
    properties: {
      $schema: { description: "The path or URL of this schema", type: "string" },
      ...Object.fromEntries(CONFIG_KEYS.map((key) => [key, propertyOf(key)])),
    },
    additionalProperties: false,
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

function propertyOf(key: string): Record<string, unknown> {
  const flag = flagOf(key)!;
  const shown = defaultOf(flag);
  const description = [`${flag.help}.`, flag.more, shown && `Default: ${shown}.`].filter(Boolean).join(" ");
  return { description, ...flag.value.json };
}
