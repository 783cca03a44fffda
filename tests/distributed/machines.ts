/** Several machines, as the tests have them: processes of the command line around one Redis. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { type Command, folder, RunningPolyloop, type StartOptions } from "../cli/polyloop.ts";

/** The module that all of them have. */
export const TASKS = fileURLToPath(new URL("./fixtures/tasks.ts", import.meta.url));

/** A folder with inputs, for producers and workers of one broker. */
export class Machines {
  readonly #folder: ReturnType<typeof folder>;
  readonly #running = new Set<RunningPolyloop>();
  readonly count: number;
  url: string;

  /** Inputs are the numbers from 0 on. */
  constructor(url: string, count: number) {
    this.url = url;
    this.count = count;
    this.#folder = folder({ "in.jsonl": Array.from({ length: count }, (_, n) => `${n}\n`).join("") });
    writeFileSync(this.path("ran"), "");
  }

  path(name: string): string {
    return join(this.#folder.path, name);
  }

  /** Starts a worker with one thread and resolves when it serves. */
  async worker(...more: string[]): Promise<RunningPolyloop> {
    const worker = this.start(["worker", TASKS, "-A", "-j", "1", "-c", "8", "--lock", "3s", ...more]);
    await worker.says("serves");
    return worker;
  }

  /** Starts a run over all inputs. */
  run(task: string, ...more: string[]): RunningPolyloop {
    const files = [
      "-i",
      this.path("in.jsonl"),
      "-o",
      this.path("out.jsonl"),
      "--errors",
      this.path("failed.jsonl"),
    ];
    return this.start(["run", `${TASKS}#${task}`, ...files, ...more]);
  }

  /** Starts anything else, with the broker's URL in its environment. */
  start(args: string[], options: StartOptions & { command?: Command } = {}): RunningPolyloop {
    const env = { POLYLOOP_REDIS: this.url, POLYLOOP_TEST_RAN: this.path("ran"), ...options.env };
    const running = new RunningPolyloop(args, { cwd: this.#folder.path, ...options, env });
    this.#running.add(running);
    running.stdin.end();
    return running;
  }

  read(name: string): string {
    return readFileSync(this.path(name), "utf8");
  }

  /** What the output has to be: a line for each input, in their order. */
  get expected(): string {
    return Array.from({ length: this.count }, (_, n) => `${JSON.stringify({ n, square: n * n })}\n`).join("");
  }

  /** How often each input was run, and whether it had the same key each time. */
  executions(): { all: number; inputs: number; oneKeyEach: boolean } {
    const keys = new Map<string, Set<string>>();
    const lines = this.read("ran").split("\n").slice(0, -1);
    for (const line of lines) {
      const [n, key] = line.split(" ");
      keys.set(n, (keys.get(n) ?? new Set()).add(key));
    }
    return {
      all: lines.length,
      inputs: keys.size,
      oneKeyEach: [...keys.values()].every(({ size }) => size === 1),
    };
  }

  /** Resolves when so many executions were written down. */
  async haveRun(count: number): Promise<void> {
    while (this.executions().all < count) await new Promise((resolve) => setTimeout(resolve, 50));
  }

  /** Lets the tasks `hold` and `slowlyThenHeld` go on. */
  release(): void {
    writeFileSync(this.path("ran.released"), "");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const running of this.#running) {
      try {
        running.signal("SIGKILL");
      } catch {
        // It has ended.
      }
    }
    await Promise.all([...this.#running].map(({ ended }) => ended));
    this.#folder[Symbol.dispose]();
  }
}

/** Stops a process, or lets it go on. */
export function freeze(running: RunningPolyloop, name: "SIGSTOP" | "SIGCONT"): void {
  process.kill(running.child.pid!, name);
}
