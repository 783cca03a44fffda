/**
 * Starts the real command line as a child process. The tests beside this file talk to it as a shell would.
 */

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { constants } from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { DENO_RUN, isDeno } from "../program.ts";

/** How a child ended. */
export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The repo's own folder. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The command line's entry. */
export const CLI = join(ROOT, "cli.ts");

/** What starts the command line: a program and its arguments, to be followed by those of the command line. */
export type Command = [program: string, ...args: string[]];

/** What starts the command line from source, on Deno. */
export const FROM_SOURCE: Command = [process.execPath, ...DENO_RUN, CLI];

/** The bundle that `tests/bundle.ts` has made. The scripts of `scripts/chaos/`, which import no vitest, have none. */
const BUNDLE = process.env.POLYLOOP_TEST_BUNDLE;

/** What starts a program of the bundle: the command line, or another entry of it. */
export function fromBundle(entry: string): Command {
  if (!BUNDLE) throw new Error("POLYLOOP_TEST_BUNDLE is not set: only the tests have a bundle");
  const options = isDeno ? ["run", "-A", "--quiet", "--no-config", "--unstable-worker-options"] : [];
  return [process.execPath, ...options, join(BUNDLE, `${entry}.js`)];
}

/** What starts the command line in most tests: a bundle, as a URL, the binary and the npm package have it. */
export const COMMAND: Command = BUNDLE ? fromBundle("cli") : FROM_SOURCE;

/** What a user of the source types: Deno then looks after the packages, also those of a module's own project. */
export const AS_A_USER: Command = isDeno ? [process.execPath, "run", "-A", "--quiet", CLI] : COMMAND;

/** A command in a shell's words. */
export const wordsOf = (command: Command): string => command.map((word) => `'${word}'`).join(" ");

/** {@link COMMAND} in a shell's words. */
export const SHELL_COMMAND = wordsOf(COMMAND);

/** The options of a start. */
export interface StartOptions {
  cwd?: string;
  /** Null: there is none (`/dev/null`), as under cron. */
  stdin?: string | Uint8Array | null;
  env?: Record<string, string>;
  /** Whether it has a process group of its own, as a terminal gives it. */
  group?: boolean;
  /** What starts the command line, if it is not the source. */
  command?: Command;
}

/** Runs the command line to its end, with the permissions of a user who grants none: a test that needs one gives the flag. */
export async function polyloop(args: string[], options: StartOptions = {}): Promise<Ended> {
  const child = new RunningPolyloop(args, options);
  child.stdin?.end(options.stdin ?? "");
  return await child.ended;
}

/** A command line that runs. */
export class RunningPolyloop {
  readonly ended: Promise<Ended>;
  readonly child: ChildProcessWithoutNullStreams;
  running = true;
  #stdout = "";
  #stderr = "";
  #changed: (() => void)[] = [];

  constructor(args: string[], options: StartOptions = {}) {
    const { cwd = ROOT, env = {}, group = false, command = COMMAND } = options;
    const [program, ...first] = command;
    this.child = spawn(program, [...first, ...args], {
      cwd,
      detached: group,
      env: { ...process.env, NO_COLOR: "1", ...env },
      stdio: [options.stdin === null ? "ignore" : "pipe", "pipe", "pipe"],
    }) as ChildProcessWithoutNullStreams;
    this.child.stdin?.on("error", () => {});
    this.child.stdout.setEncoding("utf8").on("data", (text) => this.#add(() => this.#stdout += text));
    this.child.stderr.setEncoding("utf8").on("data", (text) => this.#add(() => this.#stderr += text));
    this.ended = new Promise((resolve) => {
      this.child.on("close", (code) => resolve({ code, stdout: this.#stdout, stderr: this.#stderr }));
    });
    this.ended.then(() => this.#add(() => this.running = false));
  }

  get stdin() {
    return this.child.stdin;
  }

  /** What stderr holds by now. */
  get said(): string {
    return this.#stderr;
  }

  /** Resolves when stdout or stderr holds `text`; rejects if the child ends without it. */
  async says(text: string | RegExp): Promise<void> {
    const isIn = (all: string) => typeof text === "string" ? all.includes(text) : text.test(all);
    const said = () => isIn(this.#stdout) || isIn(this.#stderr);
    for (;;) {
      if (said()) return;
      const end = await Promise.race([
        this.ended,
        new Promise<void>((resolve) => this.#changed.push(resolve)),
      ]);
      if (said()) return;
      if (end) throw new Error(`ended with ${end.code} and never said "${text}":\n${end.stderr}`);
    }
  }

  /** Signals it and all that it started; only with `group`. */
  signalGroup(name: "SIGINT" | "SIGTERM" | "SIGHUP"): void {
    process.kill(-this.child.pid!, name);
  }

  signal(name: "SIGINT" | "SIGTERM" | "SIGHUP" | "SIGKILL" | "SIGUSR1" | "SIGUSR2"): void {
    // Not child.kill(): Deno takes the child for dead after the first.
    if (!this.running || !this.child.pid || this.child.exitCode !== null || this.child.signalCode !== null) {
      return;
    }
    try {
      process.kill(this.child.pid, name);
    } catch (error) {
      // It has ended by itself just now.
      if ((error as { code?: string }).code !== "ESRCH") throw error;
    }
  }

  /** Signals it once more, so much later that it is no echo of the signal before. */
  async signalAgain(name: "SIGINT" | "SIGTERM"): Promise<void> {
    await pause();
    this.signal(name);
  }

  /**
   * Signals it again and again until it has exited: a busy machine may take two signals for one. Its output may then be read
   * still.
   */
  async signalUntilEnded(name: "SIGINT" | "SIGTERM"): Promise<void> {
    while (this.child.exitCode === null && this.child.signalCode === null) await this.signalAgain(name);
  }

  #add(change: () => void): void {
    change();
    for (const resolve of this.#changed.splice(0)) resolve();
  }
}

/** Waits between two presses of a key, by default as a person does: signals that are closer together count as one. */
export function pause(ms = 350): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A folder with these files, deleted with `await using` or `using`. */
export function folder(files: Record<string, string | Uint8Array> = {}) {
  const path = mkdtempSync(join(tmpdir(), "polyloop-cli-"));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content);
  return {
    path,
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** The exit code as a shell has it: where Node can interrupt nothing, it is the signal that ends the process. */
export function inShell(run: RunningPolyloop, code: number | null): number | null {
  return code ?? 128 + constants.signals[run.child.signalCode!];
}
