/** The table of the places where users have the library: each runs the whole of `cases/`. */
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import type { Page } from "playwright-core";
import { ROOT } from "../cli/polyloop.ts";
import { bunPath, EMPTY_CACHE, HOME, HOST, installed } from "./artefacts.ts";
import {
  builtSite,
  CASES,
  CHROMIUM,
  developedSite,
  launch,
  open,
  type Site,
  SOURCE_PAGE,
} from "./browser.ts";
import { type Ended, start } from "../program.ts";
import type { Came } from "./cases/cases.ts";

/** A place where a program has the library. */
export interface Library {
  name: string;
  isolations: ("thread" | "process")[];
  /** How the stack of an error names the user's function: the file, and the line where nothing is bundled. */
  place: RegExp;
  /** Whether a policy forbids eval. */
  strict?: boolean;
  run(isolation: string): Promise<Came>;
}

/** Everything that can be had here. */
export const LIBRARIES: Library[] = [
  program("the source on Deno", { library: join(ROOT, "mod.ts"), command: [process.execPath, "run", "-A"] }),
  program("the URL on Deno", {
    library: `${HOST}/mod.ts`,
    // Without packages, and without the repo's deno.json.
    command: [process.execPath, "run", "-A", "--quiet", "--no-npm"],
    env: EMPTY_CACHE,
  }),
  ...(installed ? onNpm(installed) : []),
  ...(CHROMIUM ? inBrowser() : []),
];

function onNpm({ folder, env }: NonNullable<typeof installed>): Library[] {
  const place = { library: "@polyloop/polyloop", folder };
  return [
    program("the npm package on Node", { ...place, command: ["node"], env }),
    ...(bunPath ? [program("the npm package on Bun", { ...place, command: [bunPath] })] : []),
    ...(bunPath ? [program("the source on Bun", { library: join(ROOT, "mod.ts"), command: [bunPath] })] : []),
  ];
}

/** A program, and what starts it. */
interface Start {
  /** What it imports. */
  library: string;
  command: [string, ...string[]];
  env?: Record<string, string>;
  /** Where it lies, if it is not to be alone. */
  folder?: string;
}

function program(name: string, { library, command, env, folder = HOME }: Start): Library {
  const home = join(folder, name.replaceAll(" ", "-"));
  mkdirSync(home);
  for (const file of ["cases.ts", "tasks.ts"]) cpSync(join(CASES, file), join(home, file));
  const main = `
    import { Executor } from ${JSON.stringify(library)};
    import { runAll } from "./cases.ts";
    const isolation = process.argv[2];
    const tasks = new URL("./tasks.ts", import.meta.url);
    const start = (options) => new Executor(tasks, { workers: 2, concurrency: 1, isolation, ...options });
    console.log(JSON.stringify(await runAll(start)));
  `;
  writeFileSync(join(home, "main.ts"), main);
  return {
    name,
    isolations: ["thread", "process"],
    place: /\btasks\.ts:5:\d+/,
    async run(isolation) {
      const [program, ...args] = command;
      return parse(await start(program, [...args, "main.ts", isolation], "", { cwd: home, env }));
    },
  };
}

function parse({ code, out, err }: Ended): Came {
  if (code !== 0) throw new Error(`ended with ${code}: ${err}`);
  return JSON.parse(out);
}

/** Built and served by Vite, from the source and from the package. */
function inBrowser(): Library[] {
  const pages = [
    page("the source in a page built by Vite", () => builtSite(SOURCE_PAGE), { strict: true }),
    page("the source in a page served by Vite", () => developedSite(SOURCE_PAGE)),
  ];
  if (!installed) return pages;
  const root = join(installed.folder, "page");
  cpSync(CASES, root, { recursive: true });
  return [
    ...pages,
    page("the npm package in a page built by Vite", () => builtSite({ root }), { strict: true }),
    page("the npm package in a page served by Vite", () => developedSite({ root })),
  ];
}

function page(name: string, serve: () => Promise<Site>, { strict = false } = {}): Library {
  return {
    name,
    isolations: ["thread"],
    // Of what is built, nothing has its own name.
    place: strict ? /\/assets\/worker-[\w-]+\.js:\d+:\d+/ : /\/tasks\.ts(\?\S+)?:\d+:\d+/,
    strict,
    async run() {
      await using site = await serve();
      const browser = await launch();
      try {
        const { page, errors } = await open(browser, site.url);
        const came = await runIn(page).catch((error) => {
          // Vite prepares a package when it meets it in the worker, and then loads the page anew.
          if (!/because of a navigation/.test(String(error))) throw error;
          return runIn(page);
        });
        if (site.warnings.length > 0) throw new Error(`Vite warns: ${site.warnings.join("\n")}`);
        if (errors.length > 0) throw new Error(`the page complains: ${errors.join("\n")}`);
        return came;
      } finally {
        await browser.close();
      }
    },
  };
}

async function runIn(page: Page): Promise<Came> {
  await page.waitForFunction("globalThis.runAll");
  return await page.evaluate(() => (globalThis as unknown as { runAll(): Promise<Came> }).runAll());
}
