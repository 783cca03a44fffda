/**
 * Pages in Debian's Chromium: made or served by Vite as a user's are, under the strictest policy where they are built.
 * Where there is no Chromium, what needs it is left out, and says so.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, extname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { build, createServer, type InlineConfig } from "vite";

/** No eval, nothing inline, nothing from elsewhere. */
const POLICY =
  "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; connect-src 'self'";

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
};

/** A place where a page is served. */
export interface Site extends AsyncDisposable {
  url: string;
  /** What Vite had to complain about. */
  warnings: string[];
}

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The page that runs the library's cases. */
export const CASES = here("./cases/");

/** The same over the source. */
export const SOURCE_PAGE: InlineConfig = {
  root: CASES,
  resolve: {
    alias: {
      "@polyloop/polyloop/worker": here("../../lib/worker/serve.ts"),
      "@polyloop/polyloop": here("../../mod.ts"),
    },
  },
};

/** The program, or none. */
export const CHROMIUM = (process.env.PATH ?? "").split(delimiter)
  .flatMap((folder) => ["chromium", "chromium-browser"].map((name) => join(folder, name)))
  .find((path) => existsSync(path));

if (!CHROMIUM) console.warn("browsers are not tested: there is no chromium here (apt-get install chromium)");

/** Starts Chromium, without a window. */
export async function launch(...args: string[]): Promise<Browser> {
  // Its sandbox does not run as root, which CI is.
  return await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", ...args] });
}

/** A page of a site, and what went wrong in it. */
export async function open(browser: Browser, url: string): Promise<{ page: Page; errors: string[] }> {
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => {
    // Chromium asks every host for an icon.
    if (message.location().url.endsWith("/favicon.ico")) return;
    if (message.type() === "error" || message.type() === "warning") errors.push(message.text());
  });
  await page.goto(url);
  return { page, errors };
}

/** Builds a page with Vite and serves it as a strict host does. */
export async function builtSite(config: InlineConfig): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), "polyloop-page-"));
  const { warnings, config: whole } = listening(config);
  await build({
    ...whole,
    build: {
      outDir: folder,
      emptyOutDir: true,
      // That this machine is slow is no fault of the page.
      rolldownOptions: { checks: { bundlerTimings: false } },
    },
  });
  const server = createHttpServer((request, response) => {
    const { pathname } = new URL(request.url!, "http://host/");
    const path = join(folder, pathname === "/" ? "index.html" : pathname);
    try {
      const type = TYPES[extname(path)] ?? "application/octet-stream";
      response.setHeader("content-security-policy", POLICY).setHeader("content-type", type)
        .end(readFileSync(path));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    warnings,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Serves a page with Vite's development server. */
export async function developedSite(config: InlineConfig): Promise<Site> {
  const { warnings, config: whole } = listening(config);
  const server = await createServer({ ...whole, server: { host: "127.0.0.1", port: 0 } });
  await server.listen();
  return {
    url: server.resolvedUrls!.local[0],
    warnings,
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/** The config, with a logger that keeps warnings, and nothing of the machine's own configuration. */
function listening(config: InlineConfig): { warnings: string[]; config: InlineConfig } {
  const warnings: string[] = [];
  const warn = (text: string) => void warnings.push(text);
  return {
    warnings,
    config: {
      configFile: false,
      logLevel: "warn",
      ...config,
      customLogger: {
        hasWarned: false,
        info() {},
        warn,
        warnOnce: warn,
        error: warn,
        clearScreen() {},
        hasErrorLogged: () => false,
      },
    },
  };
}
