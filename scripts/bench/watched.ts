/** Watches a process while it runs: its CPU time and memory, as Linux shows them. */

/** How often the process is looked at, in milliseconds. So much of its last moment is missed. */
const INTERVAL = 10;

/** What a process took. */
export interface Watched {
  /** CPU time of the main thread, in milliseconds. */
  main: number;
  /** Peak memory, in megabytes. */
  memory: number;
}

/** Whether processes can be watched. */
export const canWatch = Deno.build.os === "linux";

/** Runs a process to its end. Throws if it fails. */
export async function watched([path, ...args]: string[]): Promise<Watched> {
  const child = new Deno.Command(path, { args, stdin: "null", stdout: "null", stderr: "inherit" }).spawn();
  const { pid } = child;
  const seen: Watched = { main: 0, memory: 0 };
  const look = () => {
    seen.main = Math.max(seen.main, Number(read(`/proc/${pid}/task/${pid}/schedstat`).split(" ")[0]) / 1e6);
    const [, peak = "0"] = /VmHWM:\s+(\d+) kB/.exec(read(`/proc/${pid}/status`)) ?? [];
    seen.memory = Math.max(seen.memory, Number(peak) * 1024 / 1e6);
  };
  const looking = setInterval(look, INTERVAL);
  const { code } = await child.status;
  clearInterval(looking);
  if (code !== 0) throw new Error(`${path} ended with code ${code}`);
  return seen;
}

/** Returns an empty text once the process has ended. */
function read(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}
