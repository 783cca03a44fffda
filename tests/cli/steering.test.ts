/** The flags that steer a run, with the real tool. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, test } from "vitest";
import { CountingServer, LimitingServer } from "../executor/limit_server.ts";
import { polyloop } from "./one_process.ts";
import { folder, RunningPolyloop } from "./polyloop.ts";

const TASKS = `
export const echo = (x: unknown) => x;
export const failOnce = (x: unknown, { attempt }: { attempt: number }) => {
  if (attempt === 1) throw new Error("once");
  return x;
};
`;

const range = (count: number) => Array.from({ length: count }, (_, index) => `${index}\n`).join("");

describe("--rate", () => {
  test("spaces the starts of all workers, those of retries among them", async () => {
    using home = folder({ "tasks.ts": TASKS, "in.jsonl": range(10) });
    const begun = performance.now();
    const args = ["run", "tasks.ts#failOnce", "-i", "in.jsonl", "-j", "2", "--rate", "50/s"];
    const { code, stdout } = await polyloop([...args, "--retries", "1", "--backoff", "1ms"], {
      cwd: home.path,
    });
    // Twenty starts: nineteen times 20 ms.
    expect(performance.now() - begun).toBeGreaterThanOrEqual(380);
    expect({ code, stdout }).toEqual({ code: 0, stdout: range(10) });
  });

  test.each<[how: string, args: string[], code: number]>([
    ["--deadline", ["--deadline", "500ms"], 124],
    ["--halt", ["-e", "x => { throw new Error(x) }", "--halt", "1"], 3],
  ])("%s ends a run whose next start is an hour away", async (_, args, code) => {
    using home = folder({ "in.jsonl": range(10), "tasks.ts": TASKS });
    const task = args[0] === "-e" ? [] : ["tasks.ts#echo"];
    const ended = await polyloop(["run", ...task, ...args, "-i", "in.jsonl", "--rate", "1/h"], {
      cwd: home.path,
    });
    expect(ended.code).toBe(code);
  });

  test("SIGINT ends a run whose next start is an hour away; resume goes on at another rate", async () => {
    using home = folder({ "in.jsonl": range(10), "tasks.ts": TASKS });
    const args = ["run", "tasks.ts#echo", "-i", "in.jsonl", "-o", "out", "--unordered", "--rate", "1/h"];
    const child = new RunningPolyloop([...args, "--journal", "j", "--progress", "plain"], { cwd: home.path });
    await child.says("1 of 10 inputs in");
    child.signal("SIGINT");
    expect(await child.ended).toMatchObject({ code: 130, stderr: expect.stringContaining("9 not run") });
    const resumed = await polyloop(["resume", "j", "--rate", "1000/s"], { cwd: home.path });
    expect(resumed.code).toBe(0);
    expect(readFileSync(join(home.path, "out"), "utf8")).toBe(range(10));
  });

  test("holds over SIGKILL and resume: the journal has the last starts", async () => {
    const task = "export const when = () => performance.timeOrigin + performance.now();";
    using home = folder({ "in.jsonl": range(2), "tasks.ts": task });
    const args = [
      "run",
      "tasks.ts#when",
      "-i",
      "in.jsonl",
      "--unordered",
      "--rate",
      "30/m",
      "--journal",
      "j",
    ];
    const child = new RunningPolyloop(args, { cwd: home.path });
    await child.says(/\d\.\d*\n/);
    child.signal("SIGKILL");
    const times = (stdout: string) => stdout.trim().split("\n").map(Number);
    const [first] = times((await child.ended).stdout);
    const { code, stdout } = await polyloop(["resume", "j"], { cwd: home.path });
    expect(code).toBe(0);
    const next = Math.min(...times(stdout).filter((time) => time !== first));
    // Two seconds lie between the two starts. On a busy machine, the first body begins later than its start.
    expect(next - first).toBeGreaterThanOrEqual(1_000);
  });

  test("stands in a config, and a dry run does not wait for it", async () => {
    using home = folder({ "tasks.ts": TASKS, "polyloop.json": '{"rate": "1/h"}', "in.jsonl": range(3) });
    const { code, stderr } = await polyloop(["run", "tasks.ts#echo", "-i", "in.jsonl", "--dry-run"], {
      cwd: home.path,
    });
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining("3 inputs") });
  });

  test("that is none is one line", async () => {
    const { code, stderr } = await polyloop(["run", "-e", "x => x", "--rate", "fast"]);
    expect(code).toBe(2);
    expect(stderr).toBe(
      "polyloop: --rate: expected a number of starts per interval such as 100/s, 10/m or 500/h, or a sum of a field such as " +
        '90000/m:tokens, got "fast"\n',
    );
  });
});

const GET = `
export async function get(url: string) {
  const response = await fetch(url);
  const text = await response.text();
  if (response.ok) return text;
  throw Object.assign(new Error("HTTP " + response.status), { retryAfter: response.headers.get("retry-after") });
}
`;

describe("--rate of a field", () => {
  /** A server that adds up the last part of each path, with the sums of all windows of half a second. */
  async function ledger() {
    const seen: { at: number; tokens: number }[] = [];
    const server = new LimitingServer((url) =>
      void seen.push({ at: performance.now(), tokens: Number(url.slice(1)) })
    );
    const port = await server.listen();
    const most = (window: number) =>
      Math.max(
        ...seen.map(({ at: from }) =>
          seen.filter(({ at }) => at >= from && at < from + window).reduce(
            (sum, { tokens }) => sum + tokens,
            0,
          )
        ),
      );
    return { server, port, seen, most };
  }

  test("a server never counts more requests, or more of the field, than two rates allow, retries included", async () => {
    const { server, port, seen, most } = await ledger();
    await using _ = server;
    const inputs = Array.from(
      { length: 24 },
      (_, n) => ({ port, usage: { tokens: n % 8 === 3 ? 120 : 10 + n } }),
    );
    using home = folder({
      "tasks.ts": `
        export async function ask({ port, usage }, { attempt }) {
          await (await fetch("http://127.0.0.1:" + port + "/" + usage.tokens)).text();
          if (attempt === 1 && usage.tokens === 14) throw new Error("once");
          return usage.tokens;
        }`,
      "in.jsonl": inputs.map((input) => JSON.stringify(input) + "\n").join(""),
    });
    const args = [
      "run",
      "tasks.ts#ask",
      "-A",
      "-i",
      "in.jsonl",
      "--rate",
      "50/s",
      "--rate",
      "400/s:usage.tokens",
    ];
    const { code, stdout } = await polyloop([...args, "--retries", "1", "--backoff", "1ms"], {
      cwd: home.path,
    });
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: inputs.map(({ usage }) => `${usage.tokens}\n`).join(""),
    });
    expect(seen).toHaveLength(25);
    // Windows of the server that are shorter by a tenth: a busy machine delays requests.
    expect(most(900)).toBeLessThanOrEqual(400);
  });

  test("context.used of its field takes the place of what the input says", async () => {
    using home = folder({
      "tasks.ts": `export const work = ({ usage }, { used }) => {
        used("usage.tokens", 0.001);
        used("other", 1_000);
        return usage.tokens;
      }`,
      "in.jsonl": '{"usage":{"tokens":9}}\n'.repeat(5),
    });
    // The second input would wait for most of an hour.
    const args = ["run", "tasks.ts#work", "-i", "in.jsonl", "--rate", "10/h:usage.tokens"];
    expect(await polyloop(args, { cwd: home.path })).toMatchObject({ code: 0, stdout: "9\n".repeat(5) });
  });

  test("journal, resume, and a config with a list", async () => {
    using home = folder({
      "tasks.ts": TASKS,
      "in.jsonl": '{"n":1}\n{"n":"2"}\n{}\n{"n":11}\n',
      "polyloop.json": '{"rate":["1000/s","10/s:n"]}',
    });
    const first = await polyloop(["run", "tasks.ts#echo", "-i", "in.jsonl", "-o", "out", "--journal", "j"], {
      cwd: home.path,
    });
    expect(first.code).toBe(1);
    expect(first.stderr).toContain(
      "RangeError: --rate 10/s:n: the field n is 11, which is more than the rate ever allows",
    );
    expect(first.stderr).toContain("--rate 10/s:n: no number n in {}; inputs without one count 0");
    const again = await polyloop(["resume", "j", "--retry-failed", "--rate", "20/s:n"], { cwd: home.path });
    expect(again.code).toBe(0);
    expect(readFileSync(join(home.path, "out"), "utf8")).toBe('{"n":1}\n{"n":"2"}\n{}\n{"n":11}\n');
  });
});

describe("--pause", () => {
  test("Retry-After in both forms: no request before that time, every input has its result, and the end tells of it", async () => {
    let requests = 0;
    let opens = 0;
    const early: number[] = [];
    // At each pause, the other slot has its request, and has no answer before the pause is over.
    const [second, third, seventh, eighth] = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
    await using server = new LimitingServer(async () => {
      if (Date.now() < opens) early.push(opens);
      switch (++requests) {
        case 1:
          await second.promise;
          opens = Date.now() + 1_000;
          return "1";
        case 2:
          second.resolve();
          return await third.promise;
        case 3:
          return third.resolve();
        case 6: {
          await seventh.promise;
          const date = new Date(1_000 * Math.ceil(Date.now() / 1_000 + 0.5));
          opens = date.getTime();
          return date.toUTCString();
        }
        case 7:
          seventh.resolve();
          return await eighth.promise;
        case 8:
          return eighth.resolve();
      }
    });
    const port = await server.listen();
    using home = folder({
      "tasks.ts": GET,
      "in.txt": Array.from({ length: 10 }, (_, n) => `http://127.0.0.1:${port}/${n}\n`).join(""),
    });
    const args = ["run", "tasks.ts#get", "-A", "-i", "in.txt", "-j", "2", "-c", "1", "--retries", "2"];
    const { code, stdout, stderr } = await polyloop([...args, "--stats", "s.json"], { cwd: home.path });
    expect({ code, stdout }).toEqual({ code: 0, stdout: '"ok"\n'.repeat(10) });
    expect(requests).toBe(12);
    expect(early).toEqual([]);
    expect(stderr).toContain("2 pauses by retryAfter (");
    expect(JSON.parse(readFileSync(join(home.path, "s.json"), "utf8")).pauses).toMatchObject({
      all: 2,
      ofKeys: 0,
    });
  });

  test("only the tasks with the same key of --limit-per wait; with --pause none, no other task does", async () => {
    using home = folder({
      "tasks.ts": `export const work = ({ host, n }) => {
        if (n === 0) throw Object.assign(new Error("busy"), { retryAfter: 3600 });
        return n;
      }`,
      "in.jsonl": Array.from({ length: 6 }, (_, n) => JSON.stringify({ n, host: "ab"[n % 2] }) + "\n").join(
        "",
      ),
    });
    const args = ["run", "tasks.ts#work", "-i", "in.jsonl", "--limit-per", "host=1", "--unordered"];
    const child = new RunningPolyloop([...args, "--progress", "json", "-j", "1"], { cwd: home.path });
    await child.says('"paused":{"ms":0,"keys":1}');
    await child.says(/1\n3\n5\n/);
    child.signal("SIGTERM");
    expect(await child.ended).toMatchObject({ code: 143, stdout: "1\n3\n5\n" });
    const ended = await polyloop([...args, "--pause", "none"], { cwd: home.path });
    expect(ended.code).toBe(1);
    expect(ended.stdout.split("\n").sort().join("")).toBe("12345");
  });

  test("--rate N/s,auto is halved when many are refused in a row, and the end says what it found", async () => {
    const refused = new Set<string>();
    await using server = new LimitingServer((url) => {
      // The first six inputs, once each.
      if (refused.has(url) || refused.size === 6) return;
      refused.add(url);
      return "0.01";
    });
    const port = await server.listen();
    using home = folder({
      "tasks.ts": GET,
      "in.txt": Array.from({ length: 30 }, (_, n) => `http://127.0.0.1:${port}/${n}\n`).join(""),
    });
    const args = [
      "run",
      "tasks.ts#get",
      "-A",
      "-i",
      "in.txt",
      "-j",
      "1",
      "--retries",
      "2",
      "--rate",
      "100/s,auto",
    ];
    const { code, stdout, stderr } = await polyloop(args, { cwd: home.path });
    expect({ code, stdout }).toEqual({ code: 0, stdout: '"ok"\n'.repeat(30) });
    expect(stderr).toMatch(/polyloop: --rate 100\/s,auto settled at (50|25)\/s\n/);
  });

  test("resume takes another one; another word is one line", async () => {
    using home = folder({ "tasks.ts": TASKS, "in.jsonl": range(2) });
    const args = ["run", "tasks.ts#echo", "-i", "in.jsonl", "--pause", "all", "--journal", "j"];
    expect((await polyloop(args, { cwd: home.path })).code).toBe(0);
    const resumed = await polyloop(["resume", "j", "--pause", "some"], { cwd: home.path });
    const stderr = 'polyloop: --pause: expected all or key or none, got "some"\n';
    expect(resumed).toEqual({ code: 2, stdout: "", stderr });
    expect((await polyloop(["resume", "j", "--pause", "key"], { cwd: home.path })).code).toBe(0);
  });
});

describe("--limit-per", () => {
  test("host=2: a server that counts never has more than two requests of a host, whatever -j and -c", async () => {
    const pairs = new Map<string, PromiseWithResolvers<void>>();
    await using server = new CountingServer(({ headers }) => headers.host!, async (host, { now }) => {
      // The first of a host is answered once there are two, so that there are two for certain.
      const pair = pairs.get(host) ?? Promise.withResolvers<void>();
      pairs.set(host, pair);
      if (now(host) >= 2) pair.resolve();
      await pair.promise;
    });
    const port = await server.listen();
    const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
    const inputs = Array.from(
      { length: 200 },
      (_, n) => ({ url: `http://${hosts[Math.floor(n / 100)]}/${n}` }),
    );
    using home = folder({
      "tasks.ts": `
        export async function status({ url }, { attempt }) {
          const response = await fetch(url);
          await response.text();
          if (attempt === 1 && url.endsWith("7")) throw new Error("once more");
          return response.status;
        }`,
      "in.jsonl": inputs.map((input) => JSON.stringify(input) + "\n").join(""),
    });
    const args = [
      "run",
      "tasks.ts#status",
      "-A",
      "-i",
      "in.jsonl",
      "-j",
      "2",
      "-c",
      "16",
      "--limit-per",
      "host=2",
    ];
    const { code, stdout } = await polyloop([...args, "--retries", "1", "--backoff", "1ms"], {
      cwd: home.path,
    });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "200\n".repeat(200) });
    // In any order: the first request of each host may arrive first.
    expect(Object.fromEntries(server.most)).toEqual({ [hosts[0]]: 2, [hosts[1]]: 2 });
  });

  test("resume keeps it, or takes another", async () => {
    using home = folder({ "tasks.ts": TASKS, "in.jsonl": '{"user":{"id":1}}\n{"user":{}}\n' });
    const args = ["run", "tasks.ts#echo", "-i", "in.jsonl", "-o", "out", "--limit-per", "user.id=1"];
    const first = await polyloop([...args, "--journal", "j"], { cwd: home.path });
    expect(first.stderr).toContain(
      '--limit-per: no user.id in {"user":{}}; inputs without one have no limit',
    );
    writeFileSync(join(home.path, "in.jsonl"), '{"user":{}}\n{"user":{}}\n');
    expect((await polyloop(["resume", "j"], { cwd: home.path })).stderr).toContain("no user.id in");
    writeFileSync(join(home.path, "in.jsonl"), '{"user":{}}\n{"user":{}}\n{"user":{}}\n');
    const other = await polyloop(["resume", "j", "--limit-per", "x=3"], { cwd: home.path });
    expect(other).toMatchObject({ code: 0, stderr: expect.stringContaining("no x in") });
  });

  test.each([
    ["csv", ["--from", "csv"], "id,n\n1,a\n1,b\n"],
    ["json", ["--from", "json"], '[{"id":1},{"id":1}]'],
  ])("knows the fields of %s", async (_, args, stdin) => {
    const task = "async (x) => { await new Promise((resolve) => setTimeout(resolve, 1)); return x.id }";
    const run = ["run", "-e", task, ...args];
    const ended = await polyloop([...run, "--limit-per", "id=1"], { stdin });
    expect(ended.code).toBe(0);
    expect(ended.stderr).not.toContain("no id");
    expect((await polyloop([...run, "--limit-per", "x=1"], { stdin })).stderr).toContain("no x in {");
  });

  test.each([
    ["nul", ["--from", "nul"], "http://a/1\0http://a/2\0"],
    ["arguments", ["--from", "lines"], ""],
  ])("knows the hosts of %s", async (what, args, stdin) => {
    const urls = what === "arguments" ? ["--", "http://a/1", "http://a/2"] : [];
    const ended = await polyloop(["run", "-e", "x => x", ...args, "--limit-per", "host=1", ...urls], {
      stdin,
    });
    expect(ended.code).toBe(0);
    expect(ended.stderr).not.toContain("no host");
  });

  test("is refused where a call has several inputs", async () => {
    const { code, stderr } = await polyloop(["run", "-e", "x => x", "--batch", "2", "--limit-per", "a=1"]);
    expect(code).toBe(2);
    expect(stderr).toBe(
      "polyloop: --limit-per: cannot be used with --batch, whose inputs run in one call: remove one of the two\n",
    );
  });

  test("of a field of a text is refused", async () => {
    const { code, stderr } = await polyloop(["run", "-e", "x => x", "--from", "lines", "--limit-per", "a=1"]);
    expect(code).toBe(2);
    expect(stderr).toBe(
      'polyloop: --limit-per: with --from lines an input is a text, which has no field "a"; use host\n',
    );
  });
});

describe.skipIf(process.platform === "win32")("SIGUSR1 and SIGUSR2", () => {
  test("one more and one fewer in flight on each worker, said on stderr, and the run goes on", async () => {
    const free = Promise.withResolvers<void>();
    const arrived = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let requests = 0;
    await using server = new CountingServer(() => "", async () => {
      arrived[requests++]?.resolve();
      await free.promise;
    });
    const port = await server.listen();
    using home = folder({ "in.jsonl": `${port}\n`.repeat(6) });
    const task = "async (port) => { await (await fetch(`http://127.0.0.1:${port}/`)).text(); return port }";
    const child = new RunningPolyloop(["run", "-A", "-e", task, "-i", "in.jsonl", "-j", "1", "-c", "1"], {
      cwd: home.path,
    });
    await arrived[0].promise;
    child.signal("SIGUSR2");
    await child.says("polyloop: 1 in flight per worker is the minimum (SIGUSR2)\n");
    child.signal("SIGUSR1");
    await child.says("polyloop: 2 in flight per worker (SIGUSR1)\n");
    await arrived[1].promise;
    child.signal("SIGUSR2");
    await child.says("polyloop: 1 in flight per worker (SIGUSR2)\n");
    free.resolve();
    expect(await child.ended).toMatchObject({ code: 0, stdout: `${port}\n`.repeat(6) });
    expect(server.most.get("")).toBe(2);
  });
});

test("-c auto says where it settled, on the line before the summary, and in a journal it is kept", async () => {
  using home = folder({ "tasks.ts": TASKS, "in.jsonl": range(10) });
  const args = ["run", "tasks.ts#echo", "-i", "in.jsonl", "-o", "out", "-c", "auto", "--journal", "j"];
  const said = expect.stringContaining("polyloop: concurrency settled at 8 per worker\n");
  expect(await polyloop(args, { cwd: home.path })).toMatchObject({ code: 0, stderr: said });
  expect(await polyloop(["resume", "j"], { cwd: home.path })).toMatchObject({ code: 0, stderr: said });
  const fixed = await polyloop(["resume", "j", "-c", "2", "--report", "r.html"], { cwd: home.path });
  expect(fixed.stderr).not.toContain("settled");
  const page = await polyloop(["status", "j", "--report", "r.html"], { cwd: home.path });
  expect(page.code).toBe(0);
});

describe("--memory", () => {
  test("replaces a worker that keeps what it should not, and every input has its result", async () => {
    using home = folder({
      "tasks.ts": `
        const kept = [];
        export async function keep(n, { workerId }) {
          kept.push(new Uint8Array(4 * 1024 ** 2).fill(1));
          await new Promise((resolve) => setTimeout(resolve, 15));
          return [n, workerId];
        }`,
      "in.jsonl": range(120),
    });
    const args = ["run", "tasks.ts#keep", "-i", "in.jsonl", "-j", "1", "-c", "1", "--memory", "64mb"];
    const { code, stdout } = await polyloop(args, { cwd: home.path });
    expect(code).toBe(0);
    const results: [number, number][] = stdout.trim().split("\n").map((line) => JSON.parse(line));
    expect(results.map(([n]) => n)).toEqual(Array.from({ length: 120 }, (_, n) => n));
    expect(new Set(results.map(([, worker]) => worker)).size).toBeGreaterThan(1);
  });

  test.each([
    [
      ["-j", "2", "--memory", "100mb"],
      "2 workers need 128mb at least, got 100mb; give more, or fewer workers with -j",
    ],
    [["-j", "1", "--memory", "63mb"], "a worker needs 64mb at least, got 63mb; give more"],
    [
      ["--isolation", "none", "--memory", "1gb"],
      "with --isolation none there is no worker that could be replaced",
    ],
    [["--memory", "much"], 'expected a size such as 512mb or 2gb, got "much"'],
  ])("%j is refused in one line", async (args, message) => {
    expect(await polyloop(["run", "-e", "x => x", ...args])).toEqual({
      code: 2,
      stdout: "",
      stderr: `polyloop: --memory: ${message}\n`,
    });
  });
});
