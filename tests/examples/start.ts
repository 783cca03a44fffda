/** How the tests beside this file start a program: as a real process, whose output is kept. */

import { ROOT } from "./site.ts";

/** What a program left behind. */
export interface Ended {
  code: number;
  out: string;
  err: string;
}

/** Starts a program in the checkout and waits for its end. */
export async function start(program: string, args: string[], input = ""): Promise<Ended> {
  const child = new Deno.Command(program, {
    args,
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = child.output();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { code, stdout, stderr } = await output;
  return { code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
}

/** `deno run -A FILE …` */
export function startDeno(...args: string[]): Promise<Ended> {
  return start(Deno.execPath(), ["run", "-A", ...args]);
}
