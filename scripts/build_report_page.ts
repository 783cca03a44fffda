/**
 * `deno task report-page`: bundles `scripts/report_page/` into `lib/cli/report/page_bundle.ts`, so that a report can be
 * written wherever the command line runs: from a URL, compiled, or as a package. With `--check`, only checks whether
 * the bundle is up to date.
 */

import { fileURLToPath } from "node:url";
import { build } from "vite";

const ROOT = new URL("../", import.meta.url);
const TARGET = new URL("lib/cli/report/page_bundle.ts", ROOT);

const page = `// Made by \`deno task report-page\` of scripts/report_page/; not to be edited.
// deno-fmt-ignore-file
// deno-lint-ignore-file
/**
 * The style and the script of a report.
 */

/** CSS. */
export const STYLE: string = ${JSON.stringify(await style())};

/** JavaScript, for browsers. */
export const SCRIPT: string = ${JSON.stringify(await script())};
`;

if (Deno.args.includes("--check")) {
  if (await Deno.readTextFile(TARGET) === page) Deno.exit(0);
  console.error(
    "lib/cli/report/page_bundle.ts is out of date: run deno task report-page",
  );
  Deno.exit(1);
}
await Deno.writeTextFile(TARGET, page);
console.log(`lib/cli/report/page_bundle.ts: ${(page.length / 1e3).toFixed(0)} kB`);

async function script(): Promise<string> {
  const code = await bundle("main.ts", "js");
  // The text stands in a script element, which `</` would end.
  return code.replaceAll("</", "<\\/").trim();
}

async function style(): Promise<string> {
  return (await bundle("style.css", "css")).trim();
}

/** Returns the only output file of this kind. */
async function bundle(entry: string, kind: "js" | "css"): Promise<string> {
  const result = await build({
    root: fileURLToPath(ROOT),
    configFile: false,
    logLevel: "warn",
    build: {
      write: false,
      minify: true,
      target: "es2022",
      cssTarget: "es2022",
      rollupOptions: {
        input: fileURLToPath(new URL(`scripts/report_page/${entry}`, ROOT)),
        output: kind === "js" ? { format: "iife" } : {},
      },
    },
  });
  const [{ output }] = (Array.isArray(result) ? result : [result]) as { output: { fileName: string }[] }[];
  const file = output.find(({ fileName }) => fileName.endsWith(`.${kind}`)) as
    | { code?: string; source?: string | Uint8Array }
    | undefined;
  const text = file?.code ?? file?.source;
  if (typeof text !== "string") throw new Error(`bundling ${entry} gave no output`);
  return text;
}
