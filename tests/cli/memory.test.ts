/** A long input goes through in order and unchanged, and takes no more memory for being long. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import process from "node:process";
import { pipeline } from "node:stream/promises";
import { expect, test } from "vitest";
import { isDeno } from "../program.ts";
import { COMMAND, polyloop } from "./polyloop.ts";

/** In megabytes. Node leaves each thread's heap more room; on either it is the same for three million lines. */
const LIMIT = isDeno ? 300 : 700;

/** So many lines, as chunks of text. */
function* input(lines: number): Generator<string> {
  for (let id = 0; id < lines;) {
    let text = "";
    for (; id < lines && text.length < 1 << 16; id++) {
      text += `{"id":${id},"url":"https://example.com/p/${id}","tags":["a","b"]}\n`;
    }
    yield text;
  }
}

/** The most memory the process has had so far, in megabytes. */
function peakMemory(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)![1]) / 1_000;
}

test.skipIf(process.platform !== "linux")(
  `a million JSON lines come out byte for byte, in under ${LIMIT} MB`,
  async () => {
    const [program, ...first] = COMMAND;
    const child = spawn(program, [...first, "run", "-e", "x => x", "--progress", "none"], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const code = new Promise((resolve) => child.on("close", resolve));
    const [sent, received] = [createHash("sha256"), createHash("sha256")];
    const feeding = pipeline(function* () {
      for (const text of input(1_000_000)) {
        sent.update(text);
        yield text;
      }
    }, child.stdin);
    let peak = 0;
    for await (const chunk of child.stdout) {
      received.update(chunk);
      // Its end cannot be asked any more: the last chunk is the last chance.
      peak = Math.max(peak, peakMemory(child.pid!));
    }
    await feeding;
    expect(await code).toBe(0);
    expect(received.digest("hex")).toBe(sent.digest("hex"));
    expect(peak).toBeGreaterThan(50);
    expect(peak).toBeLessThan(LIMIT);
  },
  120_000,
);

test.runIf(!isDeno)("a thread of Node has little room for young objects", async () => {
  const code =
    '() => process.getBuiltinModule("node:worker_threads").resourceLimits.maxYoungGenerationSizeMb';
  const { stdout, stderr } = await polyloop(["run", "-e", code, "-A"], { stdin: "1\n" });
  expect(stdout, stderr).toBe("12\n");
});
