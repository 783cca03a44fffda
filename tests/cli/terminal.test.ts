/** The live bar, on a real terminal: tmux plays it. Skipped where there is no tmux. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { folder, polyloop, SHELL_COMMAND } from "./polyloop.ts";

const tmux = (socket: string, ...args: string[]) =>
  spawnSync("tmux", ["-L", socket, ...args], { encoding: "utf8" }).stdout ?? "";

const hasTmux = spawnSync("tmux", ["-V"]).status === 0;

/** Looks at the screen until it shows `pattern`: a terminal tells of no event. */
async function screenShows(socket: string, pattern: RegExp): Promise<string> {
  for (let attempt = 0; attempt < 400; attempt++) {
    const screen = tmux(socket, "capture-pane", "-p");
    if (pattern.test(screen)) return screen;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`the screen never showed ${pattern}:\n${tmux(socket, "capture-pane", "-p")}`);
}

describe.skipIf(!hasTmux)("polyloop run on a terminal", () => {
  test("a bar is drawn and taken away, a task's own lines stay, stdout stays clean", async () => {
    const task = `import { statSync } from "node:fs";
    export default async ({ n, until }: { n: number; until: string }) => {
      console.log("task says " + n);
      while (n > 3) {
        try { statSync(until); break; } catch { await new Promise((done) => setTimeout(done, 5)); }
      }
      return n;
    }`;
    using dir = folder({ "t.ts": task });
    const until = join(dir.path, "go");
    const inputs = [1, 2, 3, 4].map((n) => JSON.stringify({ n, until })).join("\n");
    await using _terminal = {
      [Symbol.asyncDispose]: () => Promise.resolve(void tmux(dir.path.slice(-6), "kill-server")),
    };
    const socket = dir.path.slice(-6);
    tmux(socket, "-f", "/dev/null", "new-session", "-d", "-x", "100", "-y", "20", "-c", dir.path, "sh");
    const input = `printf '%s\\n' '${inputs}' > in.jsonl`;
    tmux(socket, "send-keys", `${input}; clear`, "Enter");
    const command = `${SHELL_COMMAND} run t.ts -A -j 1 -i in.jsonl > out.jsonl; echo "code $?"`;
    tmux(socket, "send-keys", command, "Enter");

    const during = await screenShows(socket, /█+░+ +75% {2}3 done {2}\d+\/s/);
    for (const n of [1, 2, 3, 4]) expect(during).toContain(`task says ${n}`);

    tmux(socket, "send-keys", "", "C-c");
    await screenShows(socket, /polyloop: stopping; 1 task still runs/);
    await screenShows(socket, /3 done/);
    spawnSync("touch", [until]);
    const after = await screenShows(socket, /code 130/);
    expect(after).toMatch(/✗|✓ 4 inputs in/);
    expect(after).not.toContain("█");
    for (const n of [1, 2, 3, 4]) expect(after).toContain(`task says ${n}`);
    expect(readFileSync(join(dir.path, "out.jsonl"), "utf8")).toBe("1\n2\n3\n4\n");
  });
});

const hasScript = spawnSync("script", ["--version"]).status === 0;

test.skipIf(!hasScript)("polyloop resume does not wait for a terminal to give what stdin gave", async () => {
  using dir = folder();
  await polyloop(["run", "-e", "x => x", "--journal", "j"], { cwd: dir.path, stdin: "1\n" });
  const command = `${SHELL_COMMAND} resume j`;
  const { status, stdout } = spawnSync("script", ["-qec", command, "/dev/null"], {
    cwd: dir.path,
    encoding: "utf8",
    timeout: 20_000,
  });
  expect(stdout).toContain("This run read its inputs from stdin: polyloop resume j < FILE, or -i FILE");
  expect(status).toBe(2);
});
