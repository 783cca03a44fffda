/** A thread that goes on computing after its worker was given up: the command line says so once, with the flag that helps. */
import { expect, test } from "vitest";
import { isDeno } from "../program.ts";
import { polyloop } from "./polyloop.ts";

test("a thread that cannot be stopped is told once, and the run ends all the same", async () => {
  // Two inputs hold their loops for as long as the run lasts; the others take longer than it takes to know that.
  const task = `async (n) => {
    for (const end = performance.now() + (n < 2 ? 60_000 : 0); performance.now() < end;);
    await new Promise((resolve) => setTimeout(resolve, 100));
    return n;
  }`;
  const inputs = Array.from({ length: 50 }, (_, n) => `${n}\n`).join("");
  const limits = ["--timeout", "1s", "--grace", "50ms", "-j", "3", "-c", "1", "--rate", "10/s"];
  const { code, stdout, stderr } = await polyloop(["run", "-e", task, ...limits], { stdin: inputs });
  expect(code).toBe(1);
  expect(stdout).toBe(inputs.replace("0\n1\n", ""));
  const said = stderr.split("\n").filter((line) => line.includes("a thread goes on computing"));
  expect(said).toEqual(
    isDeno
      ? [
        "polyloop: a thread goes on computing after its worker was given up, and keeps a core busy: this runtime cannot stop it. " +
        "Run tasks that may never end with --isolation process",
      ]
      : [],
  );
});

test("worker --on-stuck-thread takes thread or process", async () => {
  const { code, stderr } = await polyloop(["worker", "x.ts", "--on-stuck-thread", "none"]);
  expect(code).toBe(2);
  expect(stderr).toContain("--on-stuck-thread: expected");
});
