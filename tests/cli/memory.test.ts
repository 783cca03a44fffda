/** A long input goes through in order and unchanged, and takes no more memory for being long. */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { CLI } from "./polyloop.ts";

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
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)![1]) / 1_000;
}

test.skipIf(Deno.build.os !== "linux")(
  "a million JSON lines come out byte for byte, in under 300 MB",
  async () => {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", CLI, "run", "-e", "x => x", "--progress", "none"],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const [sent, received] = [createHash("sha256"), createHash("sha256")];
    const feeding = ReadableStream.from(input(1_000_000)).pipeThrough(
      new TransformStream({
        transform(text: string, controller) {
          sent.update(text);
          controller.enqueue(new TextEncoder().encode(text));
        },
      }),
    ).pipeTo(child.stdin);
    let peak = 0;
    for await (const chunk of child.stdout) {
      received.update(chunk);
      // Its end cannot be asked any more: the last chunk is the last chance.
      peak = Math.max(peak, peakMemory(child.pid));
    }
    await feeding;
    expect((await child.status).code).toBe(0);
    expect(received.digest("hex")).toBe(sent.digest("hex"));
    expect(peak).toBeGreaterThan(50);
    expect(peak).toBeLessThan(300);
  },
  120_000,
);
