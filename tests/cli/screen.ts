/**
 * A real terminal, which tmux plays. It is waited for by events: a client in control mode is told of all that is written.
 */

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import process from "node:process";
import { startSync } from "../program.ts";

/** Whether there is a tmux; tests on a terminal are skipped where there is none. */
export const hasTmux = startSync("tmux", ["-V"]).status === 0;

/** How long a screen may take to show what it should, in milliseconds: a limit for what is broken. */
const MOST_WAIT = 100_000;

/** How a screen is, at first. */
export interface ScreenOptions {
  cwd: string;
  columns?: number;
  rows?: number;
  env?: Record<string, string>;
}

let screens = 0;

/** A terminal on which a shell script runs, and then stays. */
export class Screen {
  readonly #socket = `polyloop-${process.pid}-${screens++}`;
  readonly #watcher: ChildProcessWithoutNullStreams;
  #changed = () => {};

  /** Runs `script`, or an interactive shell that waits for keys. */
  constructor(script: string | undefined, { cwd, columns = 100, rows = 20, env = {} }: ScreenOptions) {
    const environment = Object.entries(env).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
    const size = ["-x", String(columns), "-y", String(rows)];
    // The keys that signal are for what the script runs, not for the shell.
    const command = script === undefined ? ["sh"] : ["sh", "-c", `trap : INT QUIT\n${script}\nexec cat`];
    this.#tmux("-f", "/dev/null", "new-session", "-d", ...size, "-c", cwd, ...environment, ...command);
    // Otherwise the screen would have the size of who watches it.
    this.#tmux("set-option", "-g", "window-size", "manual");
    this.#watcher = spawn("tmux", ["-L", this.#socket, "-C", "attach-session"]);
    this.#watcher.stdout.on("data", () => this.#changed());
    this.#watcher.on("error", () => {});
  }

  /** Presses keys, by tmux's names for them. */
  keys(...keys: string[]): void {
    this.#tmux("send-keys", ...keys);
  }

  /** Gives the terminal another size. */
  resize(columns: number, rows: number): void {
    this.#tmux("resize-window", "-x", String(columns), "-y", String(rows));
  }

  /** What is on the screen, or also what has scrolled out of it; with `colors`, as it was written. */
  text({ history = false, colors = false } = {}): string {
    return this.#tmux("capture-pane", "-p", ...(history ? ["-S", "-"] : []), ...(colors ? ["-e"] : []));
  }

  /** Resolves with the screen as soon as it is as wanted. */
  async shows(wanted: RegExp | ((screen: string) => boolean)): Promise<string> {
    const isWanted = typeof wanted === "function" ? wanted : (screen: string) => wanted.test(screen);
    const begun = Date.now();
    for (;;) {
      const change = new Promise<void>((resolve) => this.#changed = resolve);
      const screen = this.text();
      if (isWanted(screen)) return screen;
      const limit = setTimeout(() => this.#changed(), MOST_WAIT);
      await change;
      clearTimeout(limit);
      if (Date.now() - begun > MOST_WAIT) throw new Error(`the screen never showed ${wanted}:\n${screen}`);
    }
  }

  [Symbol.dispose](): void {
    // What runs there is in the shell's session. A program that never ends, of a test that failed, would slow down all others.
    const shell = this.#tmux("list-panes", "-F", "#{pane_pid}").trim();
    if (shell !== "") startSync("pkill", ["-KILL", "-s", shell]);
    this.#tmux("kill-server");
    this.#watcher.kill();
  }

  #tmux(...args: string[]): string {
    return startSync("tmux", ["-L", this.#socket, ...args]).stdout ?? "";
  }
}
