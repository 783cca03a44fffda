/** Measures the CPU time of whole processes. */

import { run, type RunOptions } from "./child.ts";

/** Returns the CPU time of a process with all its threads, in milliseconds: the mean of several, one after another. */
export async function cpuTime(command: string[], times = 1, options?: RunOptions): Promise<number> {
  const repeat = 'for each in $0; do "$@" > /dev/null || exit 1; done; times';
  const { stdout } = await run(
    ["sh", "-c", repeat, Array(times).fill("once").join(" "), ...command],
    options,
  );
  // The second line is about the processes: `0m0.420s 0m0.110s`, user and system time.
  const [user, system] = stdout.trim().split("\n")[1].split(" ").map((time) => {
    const [minutes, seconds] = time.split("m");
    return Number(minutes) * 60 + parseFloat(seconds);
  });
  return (user + system) * 1000 / times;
}
