/**
 * What scripts share that kill a run of the command line and resume it: a folder for its files, a way to run it that a kill may
 * end, and an end with an error that leaves the folder for a look.
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";

const CLI = fileURLToPath(new URL("../../cli.ts", import.meta.url));

/** Maximum number of inputs that run twice per kill: those in flight, and those that ended just before it. */
export const MOST_AGAIN = 400;

/** A new folder for the files of a script. */
export class Folder {
  readonly path: string;

  constructor(prefix: string) {
    this.path = Deno.makeTempDirSync({ prefix: `polyloop-${prefix}-` });
  }

  /** Returns the path of a file in it. */
  file(name: string): string {
    return join(this.path, name);
  }

  /** Ends the script with an error; the files stay. */
  fail(why: string): never {
    console.error(`${why}; everything is in ${this.path}`);
    Deno.exit(1);
  }

  async remove(): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

/** Starts the command line. */
function start(args: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), { args: ["run", "-A", "--quiet", CLI, ...args] }).spawn();
}

/** Starts workers of a broker. One that is killed is replaced. */
export function startServers(count: number, args: string[]): { killOne(): void; end(): Promise<void> } {
  const servers = Array.from({ length: count }, () => start(["worker", ...args]));
  return {
    killOne() {
      servers.shift()?.kill("SIGKILL");
      if (servers.length < count) servers.push(start(["worker", ...args]));
    },
    async end() {
      for (const server of servers) server.kill("SIGTERM");
      await Promise.all(servers.map(({ status }) => status));
    },
  };
}

/**
 * Runs the command line to its end. Resolves with the exit code; undefined if it was killed.
 *
 * @param killWhen is given the kill, which it may call at any time, and may return what ends its waiting
 */
export async function runUntilKilled(
  args: string[],
  killWhen: (kill: () => void) => (() => void) | void,
): Promise<number | undefined> {
  const child = start(args);
  const end = killWhen(() => child.kill("SIGKILL"));
  const { code, signal } = await child.status;
  end?.();
  return signal === "SIGKILL" ? undefined : code;
}

/** Runs the command line to its end, or kills it after `ms` milliseconds. Resolves with the exit code; undefined if it was killed. */
export function runFor(args: string[], ms: number): Promise<number | undefined> {
  return runUntilKilled(args, (kill) => {
    if (ms === Infinity) return;
    const timer = setTimeout(kill, ms);
    return () => clearTimeout(timer);
  });
}
