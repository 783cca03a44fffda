/** The recipes: their commands are taken from README.md and run as they stand there, by a real shell. */
import { scryptSync } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { folder, SHELL_COMMAND } from "../../cli/polyloop.ts";
import { commandsOf, RECIPES } from "../recipes_readme.ts";
import { type Ended, isDeno, launch, runFile, start } from "../../program.ts";

const HERE = fileURLToPath(new URL("./", import.meta.url));

/** Node refuses permissions for threads, so there the commands run without `--allow-…`. */
const POLYLOOP = isDeno
  ? `polyloop() { ${SHELL_COMMAND} "$@"; }`
  : `polyloop() { for a; do shift; case $a in --allow-*) ;; *) set -- "$@" "$a" ;; esac; done; ${SHELL_COMMAND} "$@"; }`;

/** A folder with the recipes in it. */
function kitchen(files: Record<string, string>) {
  const dir = folder(files);
  const programs = readdirSync(HERE).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));
  for (const path of [...programs, "../sha256.ts"]) {
    copyFileSync(join(HERE, path), join(dir.path, basename(path)));
  }
  return {
    ...dir,
    sh: (command: string, env: Record<string, string> = {}): Promise<Ended> =>
      start("sh", ["-c", `${POLYLOOP}\n${command}`], "", { cwd: dir.path, env }),
    read: (name: string) => readFileSync(join(dir.path, name), "utf8"),
    lines: (name: string): unknown[] =>
      readFileSync(join(dir.path, name), "utf8").trim().split("\n").filter(Boolean).map((line) =>
        JSON.parse(line)
      ),
  };
}

/** A server on a port of its own. */
async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: () => {
      server.closeAllConnections();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

test("fetch politely: never three at a time per host, and who asks for patience is given it", async () => {
  const most: number[] = [];
  const visits = new Map<string, number>();
  const site = (number: number) => {
    let now = 0;
    const two = Promise.withResolvers<void>();
    return serve(async (request, response) => {
      most[number] = Math.max(most[number] ?? 0, ++now);
      const visit = (visits.get(`${number}${request.url}`) ?? 0) + 1;
      visits.set(`${number}${request.url}`, visit);
      if (now === 2) two.resolve();
      // Each has two at once, and time for a third.
      await two.promise;
      setTimeout(() => {
        now--;
        if (request.url === "/busy" && visit === 1) response.writeHead(429, { "retry-after": "0" });
        else if (request.url === "/gone") response.writeHead(404);
        response.end(`<title>Page ${request.url}</title>`);
      }, 200);
    });
  };
  await using one = await site(0);
  await using other = await site(1);
  const urls = [one, other].flatMap(({ origin }) =>
    ["/a", "/b", "/busy", "/gone", "/c", "/d"].map((path) => origin + path)
  );
  using dir = kitchen({ "urls.txt": urls.map((url) => `${url}\n`).join("") });
  const [command, again] = commandsOf("Fetch politely");
  const { code, err } = await dir.sh(command);
  expect(code, err).toBe(0);
  expect(dir.lines("pages.jsonl")).toEqual(urls.map((url) => {
    const path = new URL(url).pathname;
    return { url, status: path === "/gone" ? 404 : 200, title: `Page ${path}`, bytes: 20 + path.length };
  }));
  expect(most).toEqual([2, 2]);
  expect(visits.get("0/busy")).toBe(2);
  expect(visits.get("0/gone")).toBe(1);
  expect(dir.read("failed.jsonl")).toBe("");

  writeFileSync(join(dir.path, "failed.jsonl"), `${JSON.stringify({ input: `${one.origin}/a` })}\n`);
  const more = await dir.sh(again);
  expect(more.code, more.err).toBe(0);
  expect(dir.lines("more.jsonl")).toMatchObject([{ url: `${one.origin}/a`, status: 200 }]);
});

test("crawl a site: each page once, in the order of its distance, other sites never; a second crawl is the same", async () => {
  // Each page links to two further ones, to the first, to itself and to another site; /4 is gone, and /2 is busy once.
  const visits: string[] = [];
  await using other = await serve((_, response) => void response.end(visits.push("other")));
  await using site = await serve((request, response) => {
    const n = Number(request.url!.slice(1));
    visits.push(request.url!);
    if (n === 2 && visits.filter((url) => url === "/2").length === 1) {
      return void response.writeHead(429, { "retry-after": "0" }).end();
    }
    if (n === 4) response.writeHead(404);
    const links = [2 * n + 1, 2 * n + 2, 0, n].filter((to) => to < 10).map((to) =>
      `<a href="/${to}#top">to</a>`
    );
    response.end(
      `<title>Page ${n}</title><a href="http://[none">no URL</a>${
        links.join("")
      }<a class=x href="${other.origin}/">there</a>`,
    );
  });
  const [command, again] = commandsOf("Crawl a site");
  using dir = kitchen({});
  const { code, err } = await dir.sh(command, { SITE: `${site.origin}/0` });
  expect(code, err).toBe(0);
  const pages = Array.from({ length: 10 }, (_, n) => ({
    url: `${site.origin}/${n}`,
    status: n === 4 ? 404 : 200,
    title: `Page ${n}`,
  }));
  expect(dir.lines("pages.jsonl")).toEqual(pages);
  expect(visits.toSorted()).toEqual([...pages.map((_, n) => `/${n}`), "/2"].toSorted());
  const resumed = await dir.sh(again);
  expect(resumed, resumed.err).toMatchObject({ code: 0, err: expect.stringContaining("10 done before") });
  expect(dir.lines("pages.jsonl")).toEqual(pages);
  expect(visits).toHaveLength(11);
});

test("a paid API: SIGKILL in the middle, then resume: each prompt is charged once, a refusal that stands is not repeated", async () => {
  const PROMPTS = 40;
  const calls = new Map<string, number>();
  const charges = new Map<string, number>();
  let answered = 0;
  let open = false;
  const enough = Promise.withResolvers<void>();
  await using api = await serve(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const { prompt } = JSON.parse(body);
    calls.set(prompt, (calls.get(prompt) ?? 0) + 1);
    if (request.headers.authorization !== "Bearer secret") return void response.writeHead(401).end("who?");
    if (prompt === "prompt 3") return void response.writeHead(400).end("not that");
    // Every fifth is told once to come back.
    if (Number(prompt.split(" ")[1]) % 5 === 0 && calls.get(prompt) === 1) {
      return void response.writeHead(429, { "retry-after": "0" }).end("slowly");
    }
    // Half-way it stops answering, until the run was killed and goes on.
    if (!open && answered === PROMPTS / 2) return enough.resolve();
    answered++;
    const key = String(request.headers["idempotency-key"]);
    charges.set(key, (charges.get(key) ?? 0) + 1);
    response.end(JSON.stringify({ answer: `answer to ${prompt}`, usage: { tokens: 100 } }));
  });
  const prompts = Array.from(
    { length: PROMPTS },
    (_, n) => ({ id: `p${n}`, prompt: `prompt ${n}`, tokens: 120 }),
  );
  using dir = kitchen({ "prompts.jsonl": prompts.map((prompt) => `${JSON.stringify(prompt)}\n`).join("") });
  const env = { API_URL: api.origin, API_KEY: "secret" };
  const [command, resume] = commandsOf("Call a paid API");

  const killed = launch("sh", ["-c", `${POLYLOOP}\n${command}`], { cwd: dir.path, env, group: true });
  const closed = new Promise((resolve) => killed.on("close", resolve));
  await enough.promise;
  // What was answered is in the journal 10 ms later.
  for (let kept = 0; kept < PROMPTS / 2;) {
    const { out } = await dir.sh("polyloop status answers.sqlite --json");
    kept = JSON.parse(out).ok;
  }
  process.kill(-killed.pid!, "SIGKILL");
  await closed;
  open = true;

  const { code, err } = await dir.sh(resume, env);
  expect(code, err).toBe(1);
  expect(dir.lines("answers.jsonl")).toEqual(
    prompts.filter(({ id }) => id !== "p3").map(({ id, prompt }) => ({ id, answer: `answer to ${prompt}` })),
  );
  expect(charges.size).toBe(PROMPTS - 1);
  expect([...charges.values()].filter((count) => count !== 1)).toEqual([]);
  expect(calls.get("prompt 3")).toBe(1);
  const { out } = await dir.sh("polyloop status answers.sqlite --json");
  expect(JSON.parse(out).counts).toEqual({ tokens: 100 * (PROMPTS - 1), usd: 0.0078 });
});

test("hash a tree: sha256sum agrees, whatever is in the names", async () => {
  using dir = kitchen({ "a.txt": "a", "with space": "b", "line\nbreak": "c", "back\\slash": "d", empty: "" });
  mkdirSync(join(dir.path, "deep/er"), { recursive: true });
  writeFileSync(join(dir.path, "deep/er/x"), "x".repeat(1_000_000));
  const [command] = commandsOf("Hash a tree");
  const { code, out, err } = await dir.sh(`set -e\n${command}`);
  expect({ code, out }, err).toEqual({ code: 0, out: "" });
  const found = await dir.sh("find . -type f -print0 | tr -dc '\\0' | wc -c");
  expect(dir.read("SHA256SUMS").trimEnd().split("\n")).toHaveLength(Number(found.out) - 1);
  // And it does look.
  writeFileSync(join(dir.path, "a.txt"), "changed");
  expect((await dir.sh("sha256sum --check --quiet SHA256SUMS")).out).toBe("./a.txt: FAILED\n");
});

test("a CSV: cells with quotes and line breaks stay what they are, bad rows are named", async () => {
  const csv = `email,name,note\r\nAda@example.com,"Lovelace, Ada","said ""hello"""\r\nnobody,No One,\r\n` +
    `bob@example.com,Bob,"two\nlines"\r\n ada@EXAMPLE.com,Ada again,\r\n`;
  using dir = kitchen({ "customers.csv": csv });
  const [command] = commandsOf("Transform a CSV with CPU work");
  const { code, err } = await dir.sh(command, { SALT: "pepper" });
  expect(code, err).toBe(1);
  const pseudonym = (address: string) => scryptSync(address, "pepper", 8).toString("hex");
  const ada = pseudonym("ada@example.com");
  expect(dir.read("pseudonyms.csv").replaceAll("\r\n", "\n")).toBe(
    `person,name,note\n${ada},"Lovelace, Ada","said ""hello"""\n` +
      `${pseudonym("bob@example.com")},Bob,"two\nlines"\n${ada},Ada again,\n`,
  );
  expect(dir.lines("bad.jsonl")).toMatchObject([
    { line: 3, input: { email: "nobody" }, error: { message: 'no address: "nobody"' } },
  ]);
});

test("filter and flatten: every failed request is a line, whatever log it is in", async () => {
  using dir = kitchen({});
  mkdirSync(join(dir.path, "logs"));
  const requests = Array.from(
    { length: 3_000 },
    (_, n) => ({
      url: n % 5 === 0 ? "/health" : `/${n % 3}`,
      status: n % 7 === 0 ? 503 : n % 11 === 0 ? 500 : 200,
    }),
  );
  const logs: [string, typeof requests][] = [["a", requests], ["b", []], ["c", requests.slice(0, 20)]];
  for (const [name, lines] of logs) {
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
    writeFileSync(join(dir.path, `logs/${name}.jsonl`), text);
  }
  const [command, count] = commandsOf("Filter and flatten");
  const found = await dir.sh(command);
  expect(found.code, found.err).toBe(0);
  const failed = logs.flatMap(([name, lines]) =>
    lines.filter(({ status }) => status >= 500).map((line) => ({ log: `logs/${name}.jsonl`, ...line }))
  );
  const sorted = (lines: unknown[]) => lines.map((line) => JSON.stringify(line)).sort();
  expect(sorted(dir.lines("failed_requests.jsonl"))).toEqual(sorted(failed));

  const counted = await dir.sh(count);
  expect(counted.code, counted.err).toBe(0);
  const counts = ["/0", "/1", "/2"].map((url) => [failed.filter((one) => one.url === url).length, url]);
  expect(counted.out.trim().split("\n").map((line) => line.trim().split(/ +/))).toEqual(
    counts.map(([number, url]) => [String(number), url]),
  );
});

test("jobs of an array: each input runs in one of them, and the results come together in order", async () => {
  // Inputs twice, one that fails, and values that are indices, too.
  const limits = [...Array.from({ length: 40 }, (_, at) => at), 10, 10, null];
  using dir = kitchen({ "limits.jsonl": limits.map((limit) => `${JSON.stringify(limit)}\n`).join("") });
  // Without a limit, the task fails.
  const source = dir.read("primes.ts");
  const strict = source.replace(
    "let count = 0;",
    'let count = 0;\n  if (below === null) throw new Error("no limit");',
  );
  writeFileSync(join(dir.path, "primes.ts"), strict);
  const [job, together] = commandsOf("Divide a run among jobs");
  const run = (id: number, names: [string, string]) =>
    dir.sh(job, { [names[0]]: String(id), [names[1]]: "4" });
  const slurm: [string, string] = ["SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT"];
  const ends = [
    await run(1, slurm),
    await run(2, slurm),
    await run(3, ["CI_NODE_INDEX", "CI_NODE_TOTAL"]),
    await run(4, ["CI_NODE_INDEX", "CI_NODE_TOTAL"]),
  ];
  const failing = ends.findIndex(({ code }) => code === 1);
  expect(ends.map(({ code }) => code), ends[0].err).toEqual([0, 1, 2, 3].map((at) => at === failing ? 1 : 0));
  // Started again, a job goes on: nothing but the failed input runs twice.
  const again = await run(failing + 1, slurm);
  expect(again.err).toMatch(/ 1 input in .*; \d+ done before/);
  const ended = await dir.sh(`set -e\n${together}`);
  expect(ended.code, ended.err).toBe(0);
  const primes = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37];
  expect(dir.lines("primes.jsonl")).toEqual(
    limits.slice(0, -1).map((limit) => primes.filter((prime) => prime < limit!).length),
  );
  expect(dir.lines("failed.jsonl")).toMatchObject([{
    index: limits.length - 1,
    error: { message: "no limit" },
  }]);
});

/** Starts `server.ts` on any free port. */
async function startServer(env: Record<string, string> = {}) {
  const child = launch(process.execPath, runFile(join(HERE, "server.ts"), "0"), { env });
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  const origin = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding("utf8").once("data", (text) => resolve(text.trim()));
    ended.then((code) => reject(new Error(`ended with ${code}`)));
  });
  const get = async (path: string, signal?: AbortSignal) => {
    const response = await fetch(origin + path, { signal });
    return {
      status: response.status,
      body: await response.json(),
      retryAfter: response.headers.get("retry-after"),
    };
  };
  /** Asks until the server is as wanted. */
  const isAs = async (wanted: Record<string, number>) => {
    for (;;) {
      const { body } = await get("/health");
      if (Object.entries(wanted).every(([name, value]) => body[name] === value)) return;
    }
  };
  return {
    get,
    isAs,
    ended,
    stop: () => process.kill(child.pid!, "SIGTERM"),
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

test("a server: answers while it computes, says when it is busy, gives up what nobody waits for, ends after its last answer", async () => {
  await using server = await startServer();
  expect(await server.get("/primes?below=100")).toMatchObject({
    status: 200,
    body: { below: 100, primes: 25 },
  });
  expect((await server.get("/primes?below=x")).status).toBe(400);
  expect((await server.get("/")).status).toBe(404);

  // Two on the workers, two in the queue: none of them ends by itself in time.
  const leaving = new AbortController();
  const hopeless = Array.from(
    { length: 4 },
    () => server.get("/primes?below=9007199254740991", leaving.signal),
  );
  const failures = Promise.all(hopeless.map((request) => request.catch((error) => error.name)));
  await server.isAs({ inFlight: 2, pending: 2 });
  expect(await server.get("/primes?below=100")).toMatchObject({ status: 503, retryAfter: "1" });
  leaving.abort();
  expect(await failures).toEqual(Array(4).fill("AbortError"));
  await server.isAs({ inFlight: 0, pending: 0 });

  const last = server.get("/primes?below=2000000");
  await server.isAs({ inFlight: 1 });
  server.stop();
  expect(await last).toMatchObject({ status: 200, body: { primes: 148_933 } });
  expect(await server.ended).toBe(0);
});

test("a server: what takes too long is answered with 504", async () => {
  await using server = await startServer({ TIME_LIMIT: "100" });
  expect((await server.get("/primes?below=9007199254740991")).status).toBe(504);
  await server.isAs({ inFlight: 0 });
});

test("README.md has no command but those that were run, and a program for each recipe", () => {
  const sections = [...RECIPES.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
  // tests/package/recipes.ts runs the last two, which need packages from npm.
  expect(Object.fromEntries(sections.map((heading) => [heading, commandsOf(heading).length]))).toEqual({
    "Fetch politely": 2,
    "Crawl a site": 2,
    "Call a paid API": 2,
    "Hash a tree": 1,
    "Transform a CSV with CPU work": 1,
    "Filter and flatten": 2,
    "Divide a run among jobs": 2,
    "Compute in a server": 1,
    "Use a package from npm": 4,
    "Serve with Hono on Node": 3,
  });
  for (const [, path] of RECIPES.matchAll(/\]\(((?!http)[^)#]+)/g)) {
    expect(existsSync(join(HERE, path)), path).toBe(true);
  }
});
