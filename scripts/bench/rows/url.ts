import { join } from "node:path";
import { run } from "../child.ts";
import { bundledCommand } from "../products.ts";
import type { Bench, Finding, Row } from "../row.ts";

/** The first run from a URL, with an empty cache. */
export const url: Row = { id: "url", title: "polyloop run from a URL, with an empty cache", measure };

async function measure({ folder }: Bench): Promise<Finding[]> {
  const bundle = join(await bundledCommand(folder), "..");
  const [input, cache] = [join(folder, "url.jsonl"), join(folder, "url-cache")];
  await Deno.writeTextFile(input, "1\n");
  let [requests, bytes] = [0, 0];
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
    requests++;
    const file = await Deno.readFile(join(bundle, new URL(request.url).pathname)).catch(() => undefined);
    if (!file) return new Response(null, { status: 404 });
    bytes += file.length;
    return new Response(file, { headers: { "content-type": "text/javascript" } });
  });
  const host = `http://127.0.0.1:${server.addr.port}`;
  const ours = [
    "run",
    "-e",
    "x => x",
    "-A",
    "-i",
    input,
    "-o",
    join(folder, "url.out"),
    "--progress",
    "none",
  ];
  // The lock is that of the checkout, which must not name this host.
  const { stderr } = await run([Deno.execPath(), "run", "-A", "--no-lock", `${host}/cli.js`, ...ours], {
    env: { DENO_DIR: cache },
  });
  const once = (value: number) => ({ value, min: value, max: value });
  return [
    {
      measure: "requests of a run without a broker",
      target: { atMost: 40 },
      unit: "requests",
      ...once(requests),
      details: [`${(bytes / 1e3).toFixed(0)} kB`],
    },
    {
      measure: "warnings of Deno about it",
      target: { atMost: 0 },
      unit: "warnings",
      ...once(stderr.match(/warning/gi)?.length ?? 0),
    },
  ];
}
