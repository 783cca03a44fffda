/** A Node that runs our source and has permissions to give up: the machine's own, or one that npm fetches. */
import { execFile, execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** What a call of a task came to, in the words of another program. */
export interface Outcome {
  value?: unknown;
  error?: { name: string; message: string; code?: string; permission?: string; resource?: string };
}

/** What fixtures/node_runner.ts does. */
export interface Scenario {
  /** A file among the fixtures, or any URL; none for inline functions. */
  module?: string;
  options: Record<string, unknown>;
  /** Names of tasks, or the sources of functions, each with its input. */
  calls: [task: string, input?: unknown][];
}

const ASK = ["--permission", "-p", "typeof process.permission.drop + process.execPath"];

/** The path of a Node, or why there is none. */
export function findNode(): { path: string } | { reason: string } {
  for (const [program, ...args] of [["node"], ["npx", "-y", "node@24"]]) {
    try {
      const answer = execFileSync(program, [...args, ...ASK], {
        encoding: "utf8",
        timeout: 120_000,
        stdio: ["ignore", "pipe", "ignore"],
      }).trim();
      if (answer.startsWith("function")) return { path: answer.slice("function".length) };
    } catch {
      // It is not there, or too old to know the flag.
    }
  }
  return { reason: "there is no Node 24 here, and npx cannot fetch it" };
}

/** Runs the calls on one executor in a program of Node's. */
export async function onNode(
  path: string,
  { module, ...scenario }: Scenario,
  env: Record<string, string> = {},
): Promise<{ outcomes: Outcome[]; stderr: string }> {
  const runner = fileURLToPath(new URL("./fixtures/node_runner.ts", import.meta.url));
  const url = module && new URL(module, new URL("./fixtures/", import.meta.url)).href;
  const input = JSON.stringify({ ...scenario, module: url ?? null });
  return await new Promise((resolve, reject) => {
    execFile(path, [runner, input], { env: { ...process.env, ...env } }, (error, stdout, stderr) => {
      if (error) reject(error);
      else resolve({ outcomes: JSON.parse(stdout), stderr });
    });
  });
}
