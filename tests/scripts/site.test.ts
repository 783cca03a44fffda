/** The documentation site: built once, and opened in a browser as a reader does. Deno alone builds it. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { render } from "../../scripts/site/markdown.ts";
import { isDeno, start } from "../program.ts";

const AXE = fileURLToPath(new URL("../../node_modules/axe-core/axe.min.js", import.meta.url));
const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find((path) => existsSync(path));

test("headings get the ids of the forge, and words around code are found", () => {
  const { html, sections } = render("# A `b` c!\n\nx <y> & [z](w.md)\n\n## A b c\n\n- one\n- two\n", {
    addressOf: (path) => path.replace(".md", ".html"),
  });
  expect(html).toContain('<h1 id="a-b-c">A <code>b</code> c!');
  expect(html).toContain('<h2 id="a-b-c-1">');
  expect(html).toContain('<a href="w.html">z</a>');
  expect(sections.map(({ id, text }) => [id, text.replace(/\s+/g, " ").trim()])).toEqual([
    ["a-b-c", "x & z"],
    ["a-b-c-1", "one two"],
  ]);
});

describe.skipIf(!isDeno || !CHROMIUM)("deno task site", () => {
  let folder: string;
  let browser: Browser;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "polyloop-site-"));
    const args = [
      "run",
      "-A",
      "--config",
      "deno.dev.json",
      "scripts/site/main.ts",
      "--out",
      join(folder, "site"),
    ];
    const { code, err } = await start(process.execPath, args);
    expect(code, err).toBe(0);
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  });

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  test("a link that leads nowhere is found", async () => {
    const { brokenLinks } = await import("../../scripts/site/check_links.ts");
    const site = join(folder, "broken");
    mkdirSync(site);
    writeFileSync(
      join(site, "a.html"),
      '<p id="here"><a href="#here"></a> <a href="#gone"></a> <a href="b.html"></a>',
    );
    expect(await brokenLinks(site)).toEqual([
      "a.html: #gone leads to no part of a.html",
      "a.html: b.html leads to no page",
    ]);
  });

  test.for(["light", "dark"] as const)(
    "pages can be read by all, in %s and on a phone",
    async (colorScheme) => {
      const page = await browser.newPage({ colorScheme, viewport: { width: 390, height: 800 } });
      for (const path of ["index.html", "flags.html", "help/journal.html"]) {
        await page.goto(pathToFileURL(join(folder, "site", path)).href);
        expect(await page.evaluate("document.documentElement.scrollWidth"), path).toBe(390);
        await page.addScriptTag({ path: AXE });
        const { violations } = await page.evaluate("axe.run()") as {
          violations: { id: string; nodes: { html: string }[] }[];
        };
        expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html]), path).toEqual([]);
      }
      await page.close();
    },
  );

  test("the search leads to the flag that it names first", async () => {
    const page = await browser.newPage();
    await page.goto(pathToFileURL(join(folder, "site/help/errors.html")).href);
    await page.keyboard.press("/");
    await page.keyboard.type("retries failed input");
    await page.locator("#found a").first().waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL(/flags\.html#flag-retries$/);
    expect(await page.locator("#flag-retries").isVisible()).toBe(true);
    expect(readFileSync(join(folder, "site/api/index.html"), "utf8")).toContain("Executor");
  });

  test("the search names a page of that name first", async () => {
    const page = await browser.newPage();
    await page.goto(pathToFileURL(join(folder, "site/index.html")).href);
    await page.fill("#search", "journal");
    await page.locator("#found a").first().waitFor();
    expect(await page.locator("#found a").first().getAttribute("href")).toMatch(/help\/journal\.html/);
    await page.close();
  });

  test("a page of the API fits a phone, names the package and leads back to the guide", async () => {
    const page = await browser.newPage({ viewport: { width: 390, height: 800 } });
    await page.goto(pathToFileURL(join(folder, "site/api/distributed/~/DistributedExecutor.html")).href);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(390);
    expect(await page.locator(".usageContent").textContent()).toContain(
      'from "@polyloop/polyloop/distributed"',
    );
    await page.getByRole("link", { name: "Guide" }).click();
    expect(await page.title()).toBe("Start · polyloop");
    await page.close();
  });
});
