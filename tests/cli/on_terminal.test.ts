/**
 * A real terminal, default permissions, everything once: print, fail, be denied, be asked nothing, stop. The suites beside
 * this one have the details.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isDeno } from "../program.ts";
import { folder, pause, SHELL_COMMAND } from "./polyloop.ts";
import { hasTmux, Screen } from "./screen.ts";

const MODULE = `
export default (n) => { console.log("task says", n); if (n === 2) throw new RangeError("no twos"); return n * 10; };
export const read = () => Deno.readTextFileSync("/etc/passwd").length;
export const env = () => Deno.env.get("HOME");
export const run = () => new Deno.Command("true").outputSync().success;
export const net = async () => (await fetch("http://127.0.0.1:18999/")).status;
export const sys = () => Deno.hostname();
export const write = () => Deno.writeTextFileSync("written", "");
export const ffi = () => Deno.dlopen("/lib/none.so", {});
export const load = (n) => import("https://example.invalid/" + n + ".ts");
export const request = async () => (await Deno.permissions.request({ name: "read" })).state;
export const hang = () => new Promise((resolve) => setTimeout(resolve, 3_600_000));
`;

const files = () =>
  folder({
    "t.mjs": MODULE,
    "top.mjs": 'const home = Deno.env.get("HOME"); export default () => home;\n',
    "hooks.mjs": 'export function setup() { Deno.env.get("HOME"); }\nexport default (n) => n;\n',
    "last.mjs": 'export function teardown() { Deno.env.get("HOME"); }\nexport default (n) => n;\n',
    "in.jsonl": "1\n2\n3\n",
  });

/** Runs commands one after another on a terminal, and returns all that it showed. */
async function onTerminal(cwd: string, commands: string[]): Promise<string> {
  const script = commands.map((args, at) => `${SHELL_COMMAND} ${args}; echo "code $?"; echo ended ${at}`);
  using screen = new Screen(script.join("\n"), { cwd, columns: 200, rows: 200 });
  for (const at of commands.keys()) await screen.shows(new RegExp(`^ended ${at}$`, "m"));
  const shown = screen.text({ history: true });
  // Deno's question, and that of a program.
  expect(shown).not.toMatch(/Allow\?|requests? \w+ access|\[y\/n/);
  return shown;
}

describe.skipIf(!hasTmux)("on a terminal, with default permissions", () => {
  test("a run prints, fails and sums up", async () => {
    using dir = files();
    const shown = await onTerminal(dir.path, ["run t.mjs -i in.jsonl > out"]);
    for (const n of [1, 2, 3]) expect(shown).toContain(`task says ${n}`);
    expect(shown).toMatch(/^line 2: RangeError: no twos {2}\(t\.mjs:2:\d+\)$/m);
    expect(shown).toMatch(/^✗ 3 inputs in .*: 2 ok, 1 failed$/m);
    expect(shown).toContain("code 1");
    expect(readFileSync(join(dir.path, "out"), "utf8")).toBe("10\n30\n");
  });

  test("inputs may be typed", async () => {
    using dir = files();
    using screen = new Screen(`${SHELL_COMMAND} run t.mjs > out; echo "code $?"`, { cwd: dir.path });
    await screen.shows(/reading inputs from the terminal, one per line/);
    screen.keys("1", "Enter");
    await screen.shows(/task says 1/);
    screen.keys("3", "Enter", "C-d");
    await screen.shows(/code 0/);
    expect(readFileSync(join(dir.path, "out"), "utf8")).toBe("10\n30\n");
  });

  test("Ctrl-C three times leaves tasks that never end", async () => {
    using dir = files();
    using screen = new Screen(`${SHELL_COMMAND} run t.mjs#hang -i in.jsonl; echo "code $?"`, {
      cwd: dir.path,
    });
    await screen.shows(/3 in flight/);
    for (const said of [/stopping; 3 tasks still run/, /aborting running tasks/, /code 130/]) {
      await pause();
      screen.keys("C-c");
      await screen.shows(said);
    }
  });
});

// On Node nothing is denied but to processes, and nobody asks.
describe.skipIf(!hasTmux || !isDeno).each(["thread", "process"])(
  "on a terminal, what is denied to a %s is never asked for",
  (isolation) => {
    const rest = `-i in.jsonl -j 1 --isolation ${isolation}`;

    test("whatever the permission: inputs fail, and the flag is said once", async () => {
      const denied = {
        read: "read",
        env: "env",
        run: "run",
        net: "net",
        sys: "sys",
        write: "write",
        ffi: "ffi",
      };
      using dir = files();
      const tasks = Object.keys(denied);
      const shown = await onTerminal(dir.path, tasks.map((task) => `run t.mjs#${task} ${rest} > out`));
      for (const flag of Object.values(denied)) {
        expect(shown).toMatch(new RegExp(`^line 1: \\w+: .*--allow-${flag} flag`, "m"));
        expect(shown.split(`polyloop: --allow-${flag} grants this`)).toHaveLength(2);
      }
      expect(shown.match(/^code 1$/gm)).toHaveLength(tasks.length);
      expect(shown.match(/^… and 2 more inputs failed for the same reason/gm)).toHaveLength(tasks.length);
    }, 180_000);

    test("with a grant for something else: another host, another file, another variable", async () => {
      using dir = files();
      const shown = await onTerminal(dir.path, [
        `run t.mjs#net --allow-net=example.com ${rest}`,
        `run t.mjs#read --allow-read=/tmp ${rest}`,
        `run t.mjs#env --allow-env=USER ${rest}`,
        `run t.mjs#load --allow-import=example.com ${rest}`,
      ]);
      for (const flag of ["net", "read", "env", "import"]) {
        expect(shown).toMatch(new RegExp(`^line 1: \\w+: .*--allow-${flag} flag`, "m"));
      }
      expect(shown.match(/^code 1$/gm)).toHaveLength(4);
    }, 180_000);

    test("nor where the task asks itself", async () => {
      using dir = files();
      expect(await onTerminal(dir.path, [`run t.mjs#request ${rest}`])).toMatch(
        /^"denied"\n"denied"\n"denied"$/m,
      );
    });

    test("as the module loads, in setup and teardown, in bench, dry runs and resume", async () => {
      using dir = files();
      const shown = await onTerminal(dir.path, [
        `run top.mjs ${rest}`,
        `run top.mjs --dry-run ${rest}`,
        `run hooks.mjs ${rest}`,
        `run last.mjs ${rest}`,
        `bench t.mjs#env -i in.jsonl --for 200ms --isolation ${isolation}`,
        `run t.mjs#env --journal j ${rest}`,
        "resume j --retry-failed",
      ]);
      const reason = 'NotCapable: Requires env access to "HOME", run again with the --allow-env flag';
      expect(shown.split(`polyloop: Cannot load top.mjs: ${reason}`)).toHaveLength(3);
      expect(shown).toContain(`polyloop: setup() of hooks.mjs failed: ${reason}`);
      expect(shown).toContain(`polyloop: teardown() of last.mjs failed: ${reason}`);
      expect(shown).toMatch(/tasks failed; 100% .*--allow-env flag/);
      expect(shown.split(`line 1: ${reason}`)).toHaveLength(3);
      expect(shown.match(/^code \d$/gm)!.join(" ")).toBe("code 2 code 2 code 2 code 0 code 1 code 1 code 1");
    }, 180_000);
  },
);
