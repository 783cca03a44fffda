/**
 * The page of a report in a real browser: Debian's Chromium. Skipped, with a line that says so, where there is none. The browser
 * runs the same page whichever runtime wrote it: on Node, one test opens a page, and the others are left to Deno.
 */
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { reportOf } from "../../lib/cli/report/report_data.ts";
import { type Facts, flagRows } from "../../lib/cli/report/stats.ts";
import { pageOf } from "../../lib/cli/report/html.ts";
import { Recorder } from "../../lib/cli/report/recording/recorder.ts";
import { isDeno } from "../program.ts";
import { folder } from "./polyloop.ts";

const AXE = fileURLToPath(new URL("../../node_modules/axe-core/axe.min.js", import.meta.url));
const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find((path) => existsSync(path));
if (!CHROMIUM) console.error("skipped: the page of a report, because there is no Chromium");

/** For what the page does in the browser. */
const pageTest = test.runIf(isDeno);

/** A run that never was, of any size: a page of it. */
function makePage(
  tasks: number,
  { workers = 2, concurrency = 8, hostile = "", inputs = true, retried = true, machines = false } = {},
): string {
  const recorder = new Recorder({
    begun: 0,
    concurrency,
    originOf: (index) => ({ number: index + 1, line: inputs ? `${hostile}{"n":${index}}` : "" }),
    workers: () => Array.from({ length: workers }, (_, at) => at + 1),
    machineOf: machines
      ? (workerId) => ({ name: `host-${workerId % 2}${hostile}`, concurrency: () => concurrency })
      : undefined,
  });
  const slots = workers * concurrency;
  for (let index = 0; index < tasks; index++) {
    const ms = 20 + (index * 7_919) % 100 / 10;
    const at = (Math.floor(index / slots) + 1) * 30 + (index % slots) / slots;
    const error = {
      name: "RangeError",
      message: `${hostile}number ${index} is bad`,
      stack: `${hostile}at x:1:1`,
    };
    const ok = index % 50 !== 7;
    if (retried && index % 50 === 8) {
      recorder.tried({
        index,
        ms: 5,
        workerId: index % workers + 1,
        at: at - 28,
        error: { ...error, name: "Busy" },
      });
    }
    recorder.settled({ index, ok, ms, workerId: index % workers + 1, at, error: ok ? undefined : error });
  }
  recorder.finish();
  const wallMs = Math.ceil(tasks / slots) * 30 + 30;
  recorder.limits.add("slots", 0, wallMs / 2);
  recorder.limits.add("rate", wallMs / 2, wallMs);
  const facts: Facts = {
    target: `tasks.ts#work${hostile}`,
    started: Date.UTC(2026, 0, 2, 3, 4, 5),
    finished: Date.UTC(2026, 0, 2, 3, 4, 5) + wallMs,
    wallMs,
    exitCode: 1,
    flags: flagRows({ concurrency: String(concurrency), eval: hostile }),
    counts: { before: { ok: 0, failed: 0 }, left: 0, unread: false, retries: 3 },
    sums: {
      counts: { tokens: 812_345, [`usd${hostile}`]: 15.5 },
      spent: { tokens: 900_000, [`usd${hostile}`]: 15.5, lost: 1 },
    },
    pauses: {
      all: 1,
      ofKeys: 1,
      ms: wallMs / 4,
      list: [{ start: 0, ms: wallMs / 4, key: undefined }, {
        start: wallMs / 2,
        ms: wallMs / 4,
        key: `a.example${hostile}`,
      }],
    },
    options: { module: "tasks.ts#work", concurrency, eval: hostile },
  };
  return pageOf(reportOf(recorder, facts, {
    concurrency,
    breaks: [{ at: wallMs / 3, ms: 100_000, why: "sessions" }],
  }));
}

describe.skipIf(!CHROMIUM)("the page of a report", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  });
  afterAll(async () => await browser.close());

  /** Opens a page; what it complains of, and what it asks for, is kept. */
  async function open(html: string, { width = 1_200, dark = false } = {}) {
    const dir = folder();
    const path = join(dir.path, "run.html");
    writeFileSync(path, html);
    const page = await browser.newPage({
      viewport: { width, height: 900 },
      colorScheme: dark ? "dark" : "light",
      timezoneId: "UTC",
    });
    const complaints: string[] = [];
    const requests: string[] = [];
    page.on("pageerror", ({ message }) => complaints.push(message));
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    page.on("dialog", (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on("request", (request) => requests.push(request.url()));
    const session = await page.context().newCDPSession(page);
    await session.send("Performance.enable", { timeDomain: "threadTicks" });
    await page.goto(pathToFileURL(path).href);
    await page.waitForSelector("footer");
    /** How long it took to open: since the browser began to go there, and of its main thread's own time. */
    const times = async () => {
      const wall: number = await page.evaluate("performance.now()");
      const { metrics } = await session.send("Performance.getMetrics");
      return { wall, cpu: metrics.find(({ name }) => name === "TaskDuration")!.value * 1_000 };
    };
    return {
      page,
      complaints,
      requests,
      size: statSync(path).size,
      times,
      async [Symbol.asyncDispose]() {
        await page.close();
        dir[Symbol.dispose]();
      },
    };
  }

  test.each(isDeno ? [[1_200, false], [1_200, true], [390, false], [320, true]] : [[1_200, false]])(
    "%d pixels wide, dark %s: shows everything, fits, and asks for nothing",
    async (width, dark) => {
      await using opened = await open(makePage(2_000), { width, dark });
      const { page, complaints, requests } = opened;
      expect(complaints).toEqual([]);
      expect(requests).toHaveLength(1);
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
      const text = await page.innerText("main");
      for (
        const part of [
          "tasks.ts#work",
          "40 failed",
          "2,000",
          "RangeError",
          "every attempt (2,040) is a bar",
          "812,345",
          "900,000",
          "key a.example",
        ]
      ) {
        expect(text).toContain(part);
      }
      // Bars, failed bars and the curve of what was in flight are really there.
      const colors = await colorsOf(page, [
        "--ok",
        "--failed",
        "--flight",
        "--again",
        "--limit-slots",
        "--limit-rate",
      ]);
      for (const share of colors) expect(share).toBeGreaterThan(0.0005);
    },
  );

  pageTest.each([["light", 1_200], ["dark", 1_200], ["light", 390], ["dark", 390]])(
    "passes axe-core in %s, %d pixels wide: as it opens, and with a filter and a marked bar",
    async (scheme, width) => {
      await using opened = await open(makePage(500), { width, dark: scheme === "dark" });
      const { page } = opened;
      await page.evaluate(readFileSync(AXE, "utf8"));
      const found = async () =>
        await page.evaluate(
          "axe.run(document).then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes[0].html]))",
        );
      expect(await found()).toEqual([]);
      await page.evaluate("document.querySelectorAll('details').forEach((one) => one.open = true)");
      await page.selectOption("#filter-outcome", "failed");
      await page.click("table .link");
      await page.hover("summary");
      expect(await found()).toEqual([]);
    },
  );

  pageTest("filters inputs and bars by text, outcome and error", async () => {
    await using opened = await open(makePage(500));
    const { page } = opened;
    const rows = () =>
      page.locator("section", { has: page.locator("#filter-text") }).locator("tbody tr").count();
    const found = () => page.innerText(".found");
    expect(await found()).toBe("500 inputs, the slowest first");
    const [all] = await colorsOf(page, ["--ok"]);
    await page.fill("#filter-text", '"n":49');
    expect([await rows(), await found()]).toEqual([11, "11 of 500 inputs"]);
    const [few] = await colorsOf(page, ["--ok"]);
    expect(few).toBeLessThan(all);
    await page.fill("#filter-text", "");
    await page.selectOption("#filter-outcome", "failed");
    expect([await rows(), await found()]).toEqual([10, "10 of 500 inputs"]);
    await page.selectOption("#filter-outcome", "all");
    await page.selectOption("#filter-error", { index: 2 });
    // The inputs that were tried again after this error have ended well.
    expect([await rows(), await found()]).toEqual([10, "10 of 500 inputs"]);
    await page.click("button[type=reset]");
    expect(await found()).toBe("500 inputs, the slowest first");
    expect(await page.inputValue("#filter-error")).toBe("0");
    // The button of a kind of errors sets the same filter.
    await page.click("details .only");
    expect(await page.inputValue("#filter-error")).toBe("1");
    expect(await found()).toBe("10 of 500 inputs");
    // A text may be that of an error, and a number that of a line.
    await page.click("button[type=reset]");
    await page.fill("#filter-text", "is bad");
    expect(await found()).toBe("10 of 500 inputs");
    await page.fill("#filter-text", "nothing like this");
    expect([await rows(), await found()]).toEqual([0, "0 of 500 inputs"]);
  });

  pageTest(
    "a click marks the bar that it leads to; keys go on from there, and Escape leads back",
    async () => {
      await using opened = await open(makePage(2_000));
      const { page } = opened;
      const told = () => page.innerText(".told");
      const focus = () => page.evaluate("document.activeElement.tagName");
      expect(await told()).toBe("");
      const button = page.locator("table .link").first();
      const line = await button.getAttribute("aria-label");
      await button.focus();
      await page.keyboard.press("Enter");
      const first = await told();
      expect(first.replaceAll(",", "")).toContain(
        `input ${/line ([\d,]+)/.exec(line!)![1].replaceAll(",", "")}:`,
      );
      expect(await focus()).toBe("CANVAS");
      await page.keyboard.press("ArrowDown");
      expect(await told()).not.toBe(first);
      await page.keyboard.press("ArrowUp");
      expect(await told()).toBe(first);
      await page.keyboard.press("0");
      await page.keyboard.press("Enter");
      expect(await page.innerText(".range")).not.toBe("");
      await page.keyboard.press("Escape");
      expect([await told(), await focus()]).toEqual(["", "BUTTON"]);
      // Each kind of error has examples that lead to their bars, whatever the sample of bars.
      await page.locator(".to-bar").first().click();
      expect(await told()).toContain("RangeError: number");
    },
  );

  pageTest("tells what limited each stretch of the run", async () => {
    await using opened = await open(makePage(2_000));
    const card = opened.page.locator("section").filter({ hasText: "what kept further tasks from starting" });
    expect(await card.locator("tbody th").allInnerTexts()).toEqual(["slots", "rate"]);
    // Below the stretches are the pauses, those of single keys among them.
    expect(await card.locator(".stretch b").allInnerTexts())
      .toEqual(["slots", "rate", "all tasks", "key a.example"]);
    await card.locator(".stretch").last().click();
    expect(await opened.page.innerText(".range")).not.toBe("");
  });

  pageTest("the rows of workers on other machines stand below the names of their machines", async () => {
    const { page, complaints } = await open(makePage(400, { workers: 4, machines: true }));
    const table = await page.getByRole("region", { name: "Workers" }).innerText();
    expect([...table.matchAll(/^(\d) on (host-\d)\b/gm)].map(([, worker, machine]) => [worker, machine]))
      .toEqual([
        ["1", "host-1"],
        ["2", "host-0"],
        ["3", "host-1"],
        ["4", "host-0"],
      ]);
    const canvas = page.locator("canvas").first();
    await canvas.focus();
    await page.keyboard.press("ArrowDown");
    expect(await page.locator(".told").innerText()).toMatch(/, worker \d on host-\d/);
    expect(complaints).toEqual([]);
  });

  pageTest("inputs have no empty column where a journal has kept none", async () => {
    for (const inputs of [true, false]) {
      await using opened = await open(makePage(5, { inputs }));
      const card = opened.page.locator("section").filter({ hasText: "a time leads to its bar" });
      expect(await card.locator("th").allTextContents()).toEqual([
        "line",
        ...(inputs ? ["input"] : []),
        "outcome",
        "attempts",
        "time",
      ]);
      expect(await card.locator("td.code").count()).toBe(inputs ? 5 : 0);
    }
  });

  pageTest("dark and light differ", async () => {
    const html = makePage(10);
    const backgrounds: unknown[] = [];
    for (const dark of [false, true]) {
      await using opened = await open(html, { dark });
      backgrounds.push(await opened.page.evaluate("getComputedStyle(document.body).backgroundColor"));
    }
    expect(backgrounds).toEqual(["rgb(246, 247, 249)", "rgb(14, 18, 24)"]);
  });

  pageTest(
    "buttons, keys, dragging and the wheel zoom and move, and a tip tells of the bar under the pointer",
    async () => {
      await using opened = await open(makePage(2_000));
      const { page } = opened;
      const range = () => page.innerText(".range");
      expect(await range()).toBe("");
      await page.click("button[title='zoom in']");
      expect(await range()).toMatch(/^\d+ ms to 2\.\d+ s \(1\.9 s\)$/);
      await page.click("button[title='later']");
      const later = await range();
      await page.focus("canvas");
      await page.keyboard.press("ArrowLeft");
      expect(await range()).not.toBe(later);
      await page.keyboard.press("0");
      expect(await range()).toBe("");
      const box = (await page.locator("canvas").boundingBox())!;
      const y = box.y + box.height - 40;
      await page.mouse.move(box.x + 400, y);
      await page.mouse.down();
      await page.mouse.move(box.x + 410, y);
      await page.mouse.move(box.x + 420, y);
      await page.mouse.up();
      expect(await range()).toMatch(/\(7\d ms\)$/);
      await page.mouse.move(box.x + 600, y);
      await page.mouse.move(box.x + 602, y);
      expect(await page.innerText(".tip")).toMatch(/^input [\d,]+( failed)?\n\d+ ms, from \d+\.\d+ s$/);
      await page.keyboard.down("Control");
      await page.mouse.wheel(0, -300);
      await page.keyboard.up("Control");
      await expect.poll(range).toMatch(/\(2\d ms\)$/);
      await page.mouse.dblclick(box.x + 500, y);
      expect(await range()).toBe("");
      // Without Control, the wheel scrolls the page.
      await page.mouse.wheel(0, 200);
      await expect.poll(() => page.evaluate("scrollY")).toBeGreaterThan(0);
      expect(await range()).toBe("");
    },
  );

  pageTest("a slow input leads to its bar", async () => {
    await using opened = await open(makePage(2_000));
    await opened.page.click("table .link");
    expect(await opened.page.innerText(".range")).toMatch(/\(1\d\d ms\)$/);
  });

  pageTest("what stands in inputs and errors is text, whatever it is", async () => {
    const hostile = `</script><script>alert(1)</script><img src=x onerror=alert(2)>\u2028`;
    await using opened = await open(makePage(200, { hostile }));
    expect(opened.complaints).toEqual([]);
    expect(await opened.page.innerText("main")).toContain("<script>alert(1)</script>");
    expect(await opened.page.locator("img").count()).toBe(0);
  });

  pageTest("a million tasks are a file of less than two megabytes, and a sample that says so", async () => {
    const html = makePage(1_000_000, { workers: 8, concurrency: 64, retried: false });
    await using opened = await open(html);
    expect(opened.complaints).toEqual([]);
    expect(opened.size).toBeLessThan(2_000_000);
    const text = await opened.page.innerText("main");
    expect(text).toContain(
      "bars are one in 32 of the tasks that ended well and one in 4 of those that failed",
    );
    expect(text).toContain("1,000,000");
    const { wall, cpu } = await opened.times();
    console.error(
      `a report of a million tasks opened in ${Math.round(wall)} ms, ${Math.round(cpu)} ms of CPU`,
    );
    // Not the time on the wall: others use this machine too.
    expect(cpu).toBeLessThan(3_000);
  });
});

/** Which parts of the canvas have these colours, about. */
async function colorsOf(page: Page, names: string[]): Promise<number[]> {
  return await page.evaluate((names) => {
    // deno-lint-ignore no-explicit-any -- this runs in the browser, whose names are none of ours.
    const { document, getComputedStyle } = globalThis as any;
    const canvas = document.querySelector("canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const style = getComputedStyle(document.documentElement);
    return names.map((name) => {
      const color = style.getPropertyValue(name).trim();
      const [red, green, blue] = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
      let found = 0;
      for (let at = 0; at < data.length; at += 4) {
        const away = Math.abs(data[at] - red) + Math.abs(data[at + 1] - green) +
          Math.abs(data[at + 2] - blue);
        if (away < 12 && data[at + 3] > 200) found++;
      }
      return found / (data.length / 4);
    });
  }, names);
}
