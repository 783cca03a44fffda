/**
 * Many commands in one process, for files whose tests are about what commands do and not about processes: a start takes three
 * quarters of the CPU time of a short run. A command has a process of its own if it is the first of its file, has an environment
 * or a program of its own, or does what lasts as long as its process.
 */

import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterAll } from "vitest";
import type { Request } from "./command_server.ts";
import { type Ended, fromBundle, polyloop as inOwnProcess, ROOT, type StartOptions } from "./polyloop.ts";

/**
 * Maximum time of a command, in milliseconds: less than that of a test. Otherwise each later test of the file would wait for a
 * command that hangs, and use up its own time.
 */
const MOST = 100_000;

/** Tasks in the main thread leave their modules there, and from `--progress json` on a process prints objects alone. */
const LASTS = /--isolation[ =]none|--progress[ =]json/;

let isFirst = true;
let running: Promise<CommandServer> | undefined;
let turn: Promise<unknown> = Promise.resolve();

afterAll(async () => await (await running)?.stop());

/** Runs the command line to its end, one command after the other. */
export function polyloop(args: string[], options: StartOptions = {}): Promise<Ended> {
  const { cwd = ROOT, stdin = "", ...others } = options;
  const hasOwn = isFirst || LASTS.test(args.join(" ")) ||
    Object.values(others).some((value) => value !== undefined);
  isFirst = false;
  if (hasOwn) return inOwnProcess(args, options);
  const ended = turn.then(async () =>
    await (await (running ??= CommandServer.start())).run(args, cwd, stdin)
  );
  turn = ended.catch(() => running = undefined);
  return ended;
}

/** A process that runs commands. */
class CommandServer {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #folder = mkdtempSync(join(tmpdir(), "polyloop-commands-"));
  /** The named pipe that is the stdin of each command. */
  readonly #stdin = join(this.#folder, "stdin");
  readonly #server: Server;
  readonly #socket: Socket;
  readonly #output = { stdout: "", stderr: "" };
  #changed = () => {};
  #commands = 0;
  #hasEnded = false;

  private constructor(child: ChildProcessWithoutNullStreams, server: Server, socket: Socket) {
    execFileSync("mkfifo", [this.#stdin]);
    this.#child = child;
    this.#server = server;
    this.#socket = socket;
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (text) => {
        this.#output[name] += text;
        this.#changed();
      });
    }
    child.on("close", () => {
      this.#hasEnded = true;
      this.#changed();
    });
  }

  static async start(): Promise<CommandServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const [program, ...first] = fromBundle("tests/cli/command_server");
    const child = spawn(program, [...first, `${port}`], {
      cwd: ROOT,
      env: { ...process.env, NO_COLOR: "1" },
      stdio: ["pipe", "pipe", "pipe"],
    }) as ChildProcessWithoutNullStreams;
    child.stdin.end();
    const socket = await new Promise<Socket>((resolve, reject) => {
      server.once("connection", resolve);
      child.once("close", (code) => reject(new Error(`the process of the commands ended with ${code}`)));
    });
    return new CommandServer(child, server, socket);
  }

  async run(args: string[], cwd: string, stdin: string | Uint8Array | null): Promise<Ended> {
    let limit: ReturnType<typeof setTimeout>;
    const isOver = new Promise<never>((_, reject) => {
      limit = setTimeout(() => {
        this.#child.kill("SIGKILL");
        reject(new Error(`${args.join(" ")} did not end in ${MOST} ms:\n${this.#output.stderr}`));
      }, MOST);
    });
    return await Promise.race([this.#run(args, cwd, stdin), isOver]).finally(() => clearTimeout(limit));
  }

  async #run(args: string[], cwd: string, stdin: string | Uint8Array | null): Promise<Ended> {
    const mark = `\n<end of command ${++this.#commands}>`;
    const request: Request = { args, cwd, mark, stdin: stdin === null ? "/dev/null" : this.#stdin };
    this.#socket.write(`${JSON.stringify(request)}\n`);
    const given = stdin === null ? undefined : this.#give(stdin);
    try {
      const [stdout] = await this.#take("stdout", mark);
      const [stderr, code] = await this.#take("stderr", mark);
      return { code: Number(code), stdout, stderr };
    } finally {
      // Opened for reading, so that nothing waits for a process that has ended.
      if (this.#hasEnded) closeSync(openSync(this.#stdin, constants.O_RDONLY | constants.O_NONBLOCK));
      await given;
    }
  }

  async stop(): Promise<void> {
    this.#socket.destroy();
    this.#server.close();
    while (!this.#hasEnded) await new Promise<void>((resolve) => this.#changed = resolve);
    rmSync(this.#folder, { recursive: true });
  }

  /** Writes to the stdin of a command; a command need not read it. */
  async #give(stdin: string | Uint8Array): Promise<void> {
    await using file = await open(this.#stdin, "w");
    await file.writeFile(stdin).catch(() => {});
  }

  /** What was written before a mark, and the exit code after it, once they are there. */
  async #take(name: "stdout" | "stderr", mark: string): Promise<[text: string, code: string]> {
    for (;;) {
      const output = this.#output[name];
      const at = output.indexOf(mark);
      const end = output.indexOf("\n", at + mark.length);
      if (at !== -1 && end !== -1) {
        this.#output[name] = output.slice(end + 1);
        return [output.slice(0, at), output.slice(at + mark.length, end)];
      }
      if (this.#hasEnded) throw new Error(`the process of the commands has ended:\n${this.#output.stderr}`);
      await new Promise<void>((resolve) => this.#changed = resolve);
    }
  }
}
