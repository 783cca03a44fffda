/**
 * How the npm package finds BullMQ and ioredis, which a user installs beside it: only those who use a broker need them.
 */

import type { Plugin } from "rolldown";

/** The module that names both packages, as a path under the root without its ending. */
export const PEERS_MODULE = "lib/distributed/broker/bullmq";

/**
 * The versions that the source names, by package.
 *
 * @throws if it does not name both
 */
export async function peerVersions(root: URL): Promise<Record<string, string>> {
  const source = await Deno.readTextFile(new URL(`${PEERS_MODULE}.ts`, root));
  const found = Array.from(
    source.matchAll(/^export .*"npm:(\w+)@([\d.]+)";$/gm),
    ([, name, version]) => [name, version],
  );
  const versions = Object.fromEntries(found.sort());
  if (Object.keys(versions).join() !== "bullmq,ioredis") {
    throw new Error(`${PEERS_MODULE}.ts names other packages`);
  }
  return versions;
}

/** What takes the module's place: it says in one line which packages are missing. */
export async function peersSource(root: URL): Promise<string> {
  return await sourceThat(root, {
    before: 'import "./no_native_part.js";',
    throws: 'Object.assign(new Error(reason, { cause: error }), { code: "ERR_MODULE_NOT_FOUND" })',
  });
}

/** Puts such a module into the bundle of the command, which prints the line. */
export function loadPeers(): Plugin {
  const root = new URL("../../", import.meta.url);
  return {
    name: "peers",
    async load(id) {
      if (!id.endsWith(`/${PEERS_MODULE}.ts`)) return null;
      return await sourceThat(root, {
        before: 'import { UserError } from "../../cli/user_error.ts";\nimport "./no_native_part.ts";',
        throws: "new UserError(reason)",
      });
    },
  };
}

async function sourceThat(
  root: URL,
  { before, throws }: { before: string; throws: string },
): Promise<string> {
  const versions = await peerVersions(root);
  const both = Object.entries(versions).map(([name, version]) => `${name}@${version.split(".")[0]}`).join(
    " ",
  );
  return `${before}

const packages = await Promise.all([import("ioredis"), import("bullmq")]).catch((error) => {
  if (error?.code !== "ERR_MODULE_NOT_FOUND") throw error;
  const reason = "A broker needs the packages bullmq and ioredis: run npm install ${both}";
  throw ${throws};
});
const [{ Redis }, { Queue, UnrecoverableError, Worker }] = packages;

export { Queue, Redis, UnrecoverableError, Worker };
`;
}
