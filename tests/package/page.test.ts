/// <reference lib="dom" />
/**
 * The example page: drawn to the end, cancelled, and looked at in light, dark and on a narrow screen; and what a page is
 * told that asks for too much.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mandelbrot } from "../examples/browser/tasks.ts";
import type { TaskContext } from "../../mod.ts";
import { builtSite, CHROMIUM, developedSite, launch, open, type Site, SOURCE_PAGE } from "./browser.ts";

const ROOT = fileURLToPath(new URL("../examples/browser/", import.meta.url));
const PICTURES = fileURLToPath(new URL("../../dist/pictures/", import.meta.url));

const AXE = fileURLToPath(new URL("../../node_modules/axe-core/axe.min.js", import.meta.url));

/** Runs axe-core in a page. Returns what it complains of. */
const AXE_RUN =
  "axe.run(document).then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes[0].html]))";

/** The machine may be busy. */
const PATIENT = { timeout: 60_000 };

const FINISHED = /^160 tiles in [\d.]+ s$/;

/** Some pixels of the picture, from the middle, the edge of the set and outside. */
const POINTS: [x: number, y: number][] = [[480, 300], [700, 300], [333, 217], [100, 80], [959, 599]];

describe.skipIf(!CHROMIUM)("the example page", () => {
  let browser: Browser;
  let site: Site;

  beforeAll(async () => {
    [browser, site] = await Promise.all([launch(), builtSite({ root: ROOT })]);
  });
  afterAll(async () => {
    await site[Symbol.asyncDispose]();
    await browser.close();
  });

  test("is built without a warning", () => {
    expect(site.warnings).toEqual([]);
  });

  test("draws the picture that its function computes, each tile once, under a strict policy", async () => {
    const { page, errors } = await open(browser, `${site.url}?iterations=300`);
    await finished(page);
    expect(
      await page.getByRole("progressbar").evaluate(({ value, max }: HTMLProgressElement) => [value, max]),
    )
      .toEqual([160, 160]);
    const drawn = await page.locator("canvas").evaluate((canvas: HTMLCanvasElement, points) => {
      const pixels = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height).data;
      return points.map(([x, y]) => [...pixels.slice((y * canvas.width + x) * 4).slice(0, 4)]);
    }, POINTS);
    expect(drawn).toEqual(await Promise.all(POINTS.map(computed)));
    const tiles = (await page.getByRole("listitem").allTextContents()).map((text) =>
      Number(text.split(" ")[2])
    );
    const cores = await page.evaluate(() => navigator.hardwareConcurrency);
    // Fewer, where one has drawn it all before the next was there.
    expect(tiles.length).toBeLessThanOrEqual(cores);
    expect(tiles.reduce((sum, count) => sum + count)).toBe(160);
    expect(errors).toEqual([]);
    await page.close();
  });

  test("stops where it is cancelled, and draws again", async () => {
    // So exact that it takes long.
    const { page } = await open(browser, `${site.url}?iterations=60000`);
    await expect.poll(() => status(page), PATIENT).toMatch(/^[1-9]\d* of 160 tiles$/);
    await page.getByRole("button", { name: "Cancel" }).click();
    await expect.poll(() => status(page), PATIENT).toMatch(/^Cancelled after \d+ of 160 tiles$/);
    expect(await page.getByRole("button", { name: "Cancel" }).isDisabled()).toBe(true);
    await page.getByRole("button", { name: "Draw again" }).click();
    await expect.poll(() => status(page), PATIENT).toMatch(/^[1-9]\d* of 160 tiles$/);
    await page.close();
  });

  test("is moved and zoomed by keys, says where it is, and passes axe-core in light and dark", async () => {
    const { page, errors } = await open(browser, `${site.url}?iterations=50`);
    const place = () => page.innerText("#place");
    expect(await place()).toBe("Middle −0.7 + 0i, 3.6 wide");
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement!.id)).toBe("picture");
    for (
      const [key, text] of [
        ["ArrowRight", "Middle −0.1 + 0i, 3.6 wide"],
        ["ArrowUp", "Middle −0.1 + 0.6i, 3.6 wide"],
        ["Enter", "Middle −0.1 + 0.6i, 0.9 wide"],
        ["+", "Middle −0.1 + 0.6i, 0.45 wide"],
        ["-", "Middle −0.1 + 0.6i, 0.9 wide"],
        ["ArrowDown", "Middle −0.1 + 0.45i, 0.9 wide"],
        ["Home", "Middle −0.7 + 0i, 3.6 wide"],
      ]
    ) {
      await page.keyboard.press(key);
      expect(await place()).toBe(text);
    }
    await finished(page);
    await page.evaluate(readFileSync(AXE, "utf8"));
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await page.evaluate(AXE_RUN), colorScheme).toEqual([]);
    }
    expect(errors).toEqual([]);
    await page.close();
  });

  test.each([
    ["light", { width: 1100, height: 900 }],
    ["dark", { width: 1100, height: 900 }],
    ["narrow", { width: 380, height: 640 }],
  ])("fits its window and can be read (%s)", async (name, viewport) => {
    const { page } = await open(browser, "about:blank");
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme: name === "dark" ? "dark" : "light" });
    await page.goto(site.url);
    await finished(page);
    mkdirSync(PICTURES, { recursive: true });
    await page.screenshot({ path: `${PICTURES}${name}.png` });
    const { wide, paper } = await page.evaluate(() => ({
      wide: document.documentElement.scrollWidth,
      paper: getComputedStyle(document.body).backgroundColor,
    }));
    expect(wide).toBe(viewport.width);
    expect(paper).toBe(name === "dark" ? "rgb(20, 21, 26)" : "rgb(246, 245, 242)");
    await page.close();
  });

  test("runs on Vite's development server, too", async () => {
    await using site = await developedSite({ root: ROOT });
    const { page, errors } = await open(browser, `${site.url}?iterations=300`);
    await finished(page);
    expect({ errors, warnings: site.warnings }).toEqual({ errors: [], warnings: [] });
    await page.close();
  });
});

test.skipIf(!CHROMIUM)("a page is told in words what a browser cannot do", async () => {
  await using site = await builtSite(SOURCE_PAGE);
  // A name, so that its plain http is not that of this machine.
  const browser = await launch("--host-resolver-rules=MAP plain.test 127.0.0.1");
  try {
    const refusal = async (url: string, ...args: unknown[]) => {
      const { page } = await open(browser, url);
      await page.waitForFunction("globalThis.Executor");
      return await page.evaluate((args) => {
        const { Executor } = globalThis as unknown as { Executor: new (...args: unknown[]) => unknown };
        try {
          return new Executor(...args) && "none";
        } catch (error) {
          return String(error);
        }
      }, args);
    };
    expect(await refusal(site.url, null)).toBe("none");
    expect(await refusal(site.url, null, { isolation: "process" }))
      .toBe('TypeError: A browser has no processes: use isolation "thread"');
    expect(await refusal(site.url, null, { permissions: "none" })).toBe(
      'PermissionsUnsupportedError: A browser cannot enforce permissions: use permissions "inherit"',
    );
    const plain = site.url.replace("127.0.0.1", "plain.test");
    expect(await refusal(plain, null)).toBe(
      "TypeError: Workers need Web Locks, which this page lacks: serve it by https: or from localhost",
    );
    expect(await refusal(plain, null, { isolation: "none" })).toBe("none");
  } finally {
    await browser.close();
  }
});

const status = async (page: Page) => await page.getByRole("status").textContent();

async function finished(page: Page): Promise<void> {
  await expect.poll(() => status(page), PATIENT).toMatch(FINISHED);
}

/** A pixel as the task computes it, here. */
async function computed([x, y]: [number, number]): Promise<number[]> {
  const picture = { width: 960, height: 600 };
  const view = { x: -0.7, y: 0, span: 3.6, iterations: 300 };
  const { signal } = new AbortController();
  const context = { transfer: <T>(value: T) => value, workerId: 0, signal } as unknown as TaskContext;
  const { pixels } = await mandelbrot({ left: x, top: y, width: 1, height: 1, picture, view }, context);
  return [...pixels];
}
