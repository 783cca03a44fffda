/** Makes files of JSON lines, and the command that sends them through a task that does nothing. */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./runtimes.ts";

/** Writes a file with `count` lines of about 69 bytes. Resolves with its path. */
export async function writeLines(folder: string, count: number): Promise<string> {
  const path = join(folder, `${count}.jsonl`);
  const file = await Deno.open(path, { write: true, create: true, truncate: true });
  const writer = file.writable.getWriter();
  for (let id = 0; id < count;) {
    let text = "";
    for (; id < count && text.length < 1 << 20; id++) {
      text += `{"id":${id},"url":"https://example.com/p/${id}","tags":["a","bc"]}\n`;
    }
    await writer.write(new TextEncoder().encode(text));
  }
  await writer.close();
  return path;
}

/** Returns the command of a run of the source that reads one file and writes another. */
export function polyloop(input: string, output: string, ...more: string[]): string[] {
  return passing(join(ROOT, "cli.ts"), input, output, ...more);
}

/** Returns such a command, with the path of the command line: that of the source, or that of the bundle. */
export function passing(command: string, input: string, output: string, ...more: string[]): string[] {
  const run = ["run", "-e", "x => x", "-i", input, "-o", output, "--progress", "none", ...more];
  return [Deno.execPath(), "run", "-A", "--quiet", command, ...run];
}

/** @throws {Error} if the files differ */
export async function mustEqual(one: string, other: string): Promise<void> {
  if (await digest(one) !== await digest(other)) throw new Error(`${other} differs from ${one}`);
}

async function digest(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest("hex");
}
