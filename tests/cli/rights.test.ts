/** What a task may do beyond what was granted: nothing that can be kept from it; and what is said where it was denied. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { deniedOf } from "../../lib/cli/task/denied.ts";
import { isDeno } from "../program.ts";
import { folder, polyloop } from "./polyloop.ts";

const MODULE = `
export async function load(url) {
  try { return Object.keys(await import(url)); } catch (error) { return error.message; }
}
/** Takes each lock that there is, and gives it back at once. */
export async function steal(n) {
  const { held, pending } = await navigator.locks.query();
  for (const { name } of [...held, ...pending]) {
    await navigator.locks.request(name, { steal: true }, () => {}).catch(() => {});
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
  return held.length;
}
export const take = (name) => navigator.locks.request(name, { steal: true }, ({ name }) => name).catch((error) => error.name);
export function self() { return [typeof this, arguments.length]; }
export function fails() { throw new Error("mine"); }
`;

const records = (text: string) => text.trimEnd().split("\n").map((line) => JSON.parse(line));

// Node denies threads nothing, and its workers' ends are not told by locks.
describe.skipIf(!isDeno).each(["thread", "process"])(
  "a task without a grant, --isolation %s",
  (isolation) => {
    test("imports from no host, Deno's own list included; with a list from those alone", async () => {
      using dir = folder({ "t.mjs": MODULE });
      const hosts = [
        "deno.land",
        "jsr.io",
        "esm.sh",
        "raw.githubusercontent.com",
        "gist.githubusercontent.com",
      ];
      const stdin = hosts.map((host) => `${JSON.stringify(`https://${host}/none.ts`)}\n`).join("");
      for (const grants of [[], ["--allow-import=example.invalid"], ["--allow-net"]]) {
        const args = ["run", "t.mjs#load", "--isolation", isolation, "-j", "1", ...grants];
        const { stdout } = await polyloop(args, { cwd: dir.path, stdin });
        expect(records(stdout)).toEqual(
          hosts.map((host) =>
            `Requires import access to "${host}:443", run again with the --allow-import flag`
          ),
        );
      }
    });

    test("finds no lock of ours, and cannot take one by its name", async () => {
      using dir = folder({ "t.mjs": MODULE });
      const args = ["--isolation", isolation, "-j", "2", "-c", "4"];
      const names = '"polyloop:thread"\n"mine"\n';
      const taken = await polyloop(["run", "t.mjs#take", ...args], { cwd: dir.path, stdin: names });
      const own = isolation === "thread" ? "NotSupportedError" : "polyloop:thread";
      expect(records(taken.stdout)).toEqual([own, "mine"]);
      const stdin = "1\n".repeat(20);
      const ended = await polyloop(["run", "t.mjs#steal", ...args], { cwd: dir.path, stdin });
      expect(ended).toMatchObject({ code: 0, stdout: "0\n".repeat(20) });
      expect(ended.stderr).toMatch(/20 inputs in .*: all ok\n/);
    });
  },
);

describe.each(["thread", "process"])("a task's frames, --isolation %s", (isolation) => {
  test("are its own alone: it is no method, and its stack names nothing of ours", async () => {
    using dir = folder({ "t.mjs": MODULE });
    const args = ["--isolation", isolation, "-j", "1", "--errors", "failed"];
    const { stdout } = await polyloop(["run", "t.mjs#self", ...args], { cwd: dir.path, stdin: "1\n" });
    expect(stdout).toBe('["undefined",2]\n');
    await polyloop(["run", "t.mjs#fails", ...args], { cwd: dir.path, stdin: "1\n" });
    const [{ error }] = records(readFileSync(join(dir.path, "failed"), "utf8"));
    expect(error.stack).toMatch(/^Error: mine\n {4}at fails \(file:\/\/\/.*\/t\.mjs:\d+:\d+\)$/);
  });
});

describe.skipIf(!isDeno)("a denied permission", () => {
  test("is said once, with the flag, and counted for all", async () => {
    const stdin = "1\n".repeat(500);
    const { code, stderr } = await polyloop(["run", "-e", '() => Deno.env.get("HOME")'], { stdin });
    expect(code).toBe(1);
    expect(stderr.split("\n").slice(0, 5)).toEqual([
      expect.stringMatching(
        /^line 1: NotCapable: Requires env access to "HOME", run again with the --allow-env flag/,
      ),
      "polyloop: --allow-env grants this (polyloop help permissions); further failures for this reason are only counted",
      expect.stringMatching(/^polyloop: each of the first 20 inputs failed of the same error/),
      "… and 499 more inputs failed for the same reason: --allow-env is not granted",
      expect.stringMatching(/^✗ 500 inputs in .*: 0 ok, 500 failed$/),
    ]);
  });

  test("leaves other failures their places, and each thing that is denied its line", async () => {
    const task = `(n) => {
      if (n % 2 === 0) throw new RangeError("even");
      try { return Deno.env.get("V" + n % 3); } catch (cause) { throw new Error("no variable", { cause }); }
    }`;
    const stdin = Array.from({ length: 40 }, (_, n) => `${n}\n`).join("");
    const { stderr } = await polyloop(["run", "-j", "1", "-e", task, "--progress", "none"], { stdin });
    const lines = stderr.trimEnd().split("\n");
    expect(lines.filter((line) => line.includes("RangeError: even"))).toHaveLength(10);
    expect(lines.filter((line) => line.includes("Error: no variable"))).toHaveLength(3);
    expect(lines.filter((line) => line.includes("--allow-env grants this"))).toHaveLength(1);
    expect(lines.slice(-2)).toEqual([
      "… and 17 more inputs failed for the same reason: --allow-env is not granted",
      "… and 10 more (--errors FILE keeps them all)",
    ]);
  });

  test("is found behind errors that the task made of it, in circles too", () => {
    const inner = new Error('Requires net access to "h:1", run again with the --allow-net flag');
    const outer = new Error("cannot load", { cause: new TypeError("failed", { cause: inner }) });
    expect(deniedOf(outer)).toEqual({ permission: "net", access: inner.message });
    inner.message = "something else";
    inner.cause = outer;
    expect(deniedOf(outer)).toBeUndefined();
    expect(deniedOf("text")).toBeUndefined();
  });
});
