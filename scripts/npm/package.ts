/** The contents of the npm package, for both builders. */

import { fileURLToPath } from "node:url";
import config from "../../deno.json" with { type: "json" };

/** The folder of the repository. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The names under which programs import the package, and polyloop's modules without their extension. */
export const EXPORTS: Record<string, string> = Object.fromEntries(
  Object.entries(config.exports).map(([name, path]) => [name, path.replace(/^\.\/|\.ts$/g, "")]),
);

/** The folder of the package that has the command, bundled with its packages. */
export const COMMAND = "command";

/** The address of the repository on the web, which the workflow of a release tells. */
export const REPOSITORY = Deno.env.get("REPOSITORY");

/** The part of `package.json` that both builders share. */
export const MANIFEST = {
  name: config.name,
  version: config.version,
  description: "Runs an async function over many inputs: on every core, with many tasks in flight on each.",
  keywords: ["worker", "pool", "threads", "parallel", "async", "concurrency", "queue", "cli"],
  license: config.license,
  author: "the polyloop authors",
  type: "module",
  engines: { node: ">=22.18" },
  // The workflow of a release asks for provenance. Elsewhere, npm could not make a statement, and would refuse to publish.
  publishConfig: { access: "public" },
  ...addresses(),
};

/** The fields with the repository's address, without which npm refuses a provenance statement. */
function addresses(): object {
  if (!REPOSITORY) return {};
  return {
    repository: { type: "git", url: `git+${REPOSITORY}.git` },
    homepage: `${REPOSITORY}#readme`,
    bugs: `${REPOSITORY}/issues`,
  };
}

/** Runs a program and returns its stdout. Throws an error with its output if it fails. */
export async function capture(
  program: string,
  args: string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<string> {
  const command = new Deno.Command(program, { args, stdin: "null", ...options });
  const { success, code, stdout, stderr } = await command.output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  if (!success) throw new Error(`${program} ${args.join(" ")} ended with ${code}:\n${out}${err}`);
  return out;
}
