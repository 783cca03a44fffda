/**
 * How the npm package finds BullMQ and ioredis, which a user installs beside it: only those who use a broker need them.
 */

import { readFile } from "node:fs/promises";
import type { Plugin } from "rolldown";
import { slashed } from "./slashed.ts";

/** The module that names both packages, as a path under the root without its ending. */
export const PEERS_MODULE = "lib/distributed/broker/bullmq";

/** A package that the module names. */
interface Peer {
  name: string;
  version: string;
  /** What the module exports of it. */
  exports: string[];
}

/**
 * Returns the packages that the source names, in its order.
 *
 * @throws if it does not name both
 */
async function peersIn(root: URL): Promise<Peer[]> {
  const source = await readFile(new URL(`${PEERS_MODULE}.ts`, root), "utf8");
  const peers = Array.from(
    source.matchAll(/^export \{ ([\w, ]+) \} from "npm:(\w+)@([\d.]+)";$/gm),
    ([, exports, name, version]) => ({ name, version, exports: exports.split(", ") }),
  );
  if (peers.map(({ name }) => name).sort().join() !== "bullmq,ioredis") {
    throw new Error(`${PEERS_MODULE}.ts names other packages, or in another form`);
  }
  return peers;
}

/**
 * The versions that the source names, by package.
 *
 * @throws if it does not name both packages
 */
export async function peerVersions(root: URL): Promise<Record<string, string>> {
  return Object.fromEntries((await peersIn(root)).map(({ name, version }) => [name, version]).sort());
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
      if (!slashed(id).endsWith(`/${PEERS_MODULE}.ts`)) return null;
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
  const peers = await peersIn(root);
  const both = peers.map(({ name, version }) => `${name}@${version.split(".")[0]}`).sort().join(" ");
  return `${before}

const packages = await Promise.all([${
    peers.map(({ name }) => `import("${name}")`).join(", ")
  }]).catch((error) => {
  if (error?.code !== "ERR_MODULE_NOT_FOUND") throw error;
  const reason = "A broker needs the packages bullmq and ioredis: run npm install ${both}";
  throw ${throws};
});

export const [${peers.map(({ exports }) => `{ ${exports.join(", ")} }`).join(", ")}] = packages;
`;
}
