/** The module of a user of any artefact: TypeScript, with an import of its own. Its lines are named in the tests. */
export const FILES = {
  "tasks.ts": `import { readFile } from "node:fs/promises";
import process from "node:process";
import { two } from "./lib.ts";

export async function double(n: number): Promise<number> {
  if (n === 13) throw new RangeError("13 brings bad luck");
  return await Promise.resolve(n * two);
}

export function leave(n: number): number {
  if (n === 2) process.exit(0);
  return n;
}

export function talk(n: number): number {
  console.log("talking about " + n);
  return n;
}

export async function wait(_: number, { signal }: { signal: AbortSignal }): Promise<void> {
  console.error("waiting");
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
  console.error("aborted");
  throw signal.reason;
}

export async function read(path: string): Promise<number> {
  return (await readFile(path)).length;
}
`,
  "lib.ts": "export const two: number = 2;\n",
  "granted.txt": "yes",
  "secret.txt": "no",
};
