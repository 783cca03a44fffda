/**
 * The program behind `one_process.ts`: runs the command line many times in one process, as `cli.ts` does once. Takes requests
 * from a socket, and ends the output of each with a mark and its exit code.
 */

import { connect } from "node:net";
import process from "node:process";
import { createInterface } from "node:readline";
import { main } from "../../lib/cli/main.ts";
import { writeSomeSync } from "../../lib/cli/stdio/stdio.ts";

/** One command. */
export interface Request {
  args: string[];
  cwd: string;
  /** What is written to stdout and stderr after the output of this command, before its exit code. */
  mark: string;
}

const [port] = process.argv.splice(2, 1);
const socket = connect(Number(port), "127.0.0.1");
socket.on("close", () => process.exit());
for await (const line of createInterface({ input: socket })) {
  const { args, cwd, mark } = JSON.parse(line) as Request;
  process.chdir(cwd);
  process.argv.splice(2, Infinity, ...args);
  const code = await main(args);
  process.chdir("/");
  for (const fd of [1, 2]) write(fd, `${mark}${code}\n`);
}

/** Writes all of a text, also to a pipe that does not block and is full; 1 is stdout, wherever a run has moved it. */
function write(fd: number, text: string): void {
  let bytes = new TextEncoder().encode(text);
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSomeSync(fd, bytes));
    } catch (error) {
      if ((error as { code?: string }).code !== "EAGAIN") throw error;
    }
  }
}
