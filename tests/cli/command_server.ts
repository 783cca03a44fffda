/**
 * The program behind `one_process.ts`: runs the command line many times in one process, as `cli.ts` does once. Takes requests
 * from a socket, and ends the output of each with a mark and its exit code.
 */

import { closeSync, constants, openSync } from "node:fs";
import { connect } from "node:net";
import process from "node:process";
import { createInterface } from "node:readline";
import { main } from "../../lib/cli/main.ts";
import { pathOfFile, writeSomeSync } from "../../lib/cli/stdio/stdio.ts";
import { reserved } from "../../lib/cli/stdio/taken.ts";

/** One command. */
export interface Request {
  args: string[];
  cwd: string;
  /** The file that is its stdin. */
  stdin: string;
  /** What is written to stdout and stderr after the output of this command, before its exit code. */
  mark: string;
}

/** The functions of the C library that give a descriptor a certain number. Deno has none of its own. */
const { symbols: c } = "Deno" in globalThis
  ? Deno.dlopen("libc.so.6", {
    open: { parameters: ["buffer", "i32"], result: "i32" },
    dup2: { parameters: ["i32", "i32"], result: "i32" },
    close: { parameters: ["i32"], result: "i32" },
  })
  : { symbols: undefined };

const [port] = process.argv.splice(2, 1);
const socket = connect(Number(port), "127.0.0.1");
socket.on("close", () => process.exit());
for await (const line of createInterface({ input: socket })) {
  const { args, cwd, stdin, mark } = JSON.parse(line) as Request;
  openAsStdin(stdin);
  process.chdir(cwd);
  process.argv.splice(2, Infinity, ...args);
  const code = await main(args);
  process.chdir("/");
  takeBackStdio();
  // Whoever still writes to the stdin of this command is told that nobody reads it.
  openAsStdin("/dev/null");
  for (const fd of [1, 2]) write(fd, `${mark}${code}\n`);
}

/** Opens a file as stdin. Opening a named pipe waits for somebody who writes. */
function openAsStdin(path: string): void {
  if (c) {
    const file = c.open(new TextEncoder().encode(`${path}\0`), 0);
    c.dup2(file, 0);
    c.close(file);
  } else {
    try {
      closeSync(0);
    } catch (error) {
      // Another thread opened a file in between the two calls of the last time, got this number, and has closed it since.
      if ((error as { code?: string }).code !== "EBADF") throw error;
    }
    // It gets the lowest free number: the one that was closed above, unless another thread has just got that.
    const file = openSync(path, "r");
    if (file === 0) return;
    for (let again = file; again !== 0;) {
      if (again !== file) closeSync(again);
      again = openSync(`/dev/fd/${file}`, constants.O_RDONLY | constants.O_NONBLOCK);
    }
    closeSync(file);
  }
}

/** Puts stdout back where the command took it from, and closes its stdin. The next command takes both anew. */
function takeBackStdio(): void {
  const [stdin, stdout] = ["/dev/stdin", "/dev/stdout"].map((path) =>
    Number(/^\/dev\/fd\/(\d+)$/.exec(pathOfFile(path))?.[1])
  );
  if (c && stdout) {
    c.dup2(stdout, 1);
    c.close(stdout);
  }
  if (stdin) c ? c.close(stdin) : closeSync(stdin);
  Object.assign(reserved, { taken: {}, stats: new Map(), isTerminal: undefined });
}

/** Writes all of a text, also to a pipe that does not block and is full. */
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
