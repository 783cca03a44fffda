/**
 * Many commands in one process of Node, for files whose tests are about what commands do and not about processes: a start takes
 * two thirds of the CPU time of a short run. A command with an environment, a stdin or a program of its own has a process of
 * its own, and so has each on Deno, where a start costs half as much.
 */

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";
import { isDeno } from "../program.ts";
import type { Request } from "./command_server.ts";
import { COMMAND, type Ended, polyloop as inOwnProcess, ROOT, type StartOptions } from "./polyloop.ts";

const SERVER = fileURLToPath(new URL("./command_server.ts", import.meta.url));

let running: Promise<CommandServer> | undefined;
let turn: Promise<unknown> = Promise.resolve();

afterAll(async () => (await running)?.stop());

/** Runs the command line to its end, one command after the other. */
export function polyloop(args: string[], options: StartOptions = {}): Promise<Ended> {
  const { cwd = ROOT, ...others } = options;
  if (isDeno || Object.values(others).some((value) => value !== undefined)) {
    return inOwnProcess(args, options);
  }
  const ended = turn.then(async () => await (await (running ??= CommandServer.start())).run(args, cwd));
  turn = ended.catch(() => running = undefined);
  return ended;
}

/** A process that runs commands. */
class CommandServer {
  readonly #server: Server;
  readonly #socket: Socket;
  readonly #output = { stdout: "", stderr: "" };
  #changed = () => {};
  #commands = 0;
  #hasEnded = false;

  private constructor(child: ChildProcessWithoutNullStreams, server: Server, socket: Socket) {
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
    const [program, ...first] = COMMAND;
    const child = spawn(program, [...first.slice(0, -1), SERVER, `${port}`], {
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

  async run(args: string[], cwd: string): Promise<Ended> {
    const mark = `\n<end of command ${++this.#commands}>`;
    this.#socket.write(`${JSON.stringify({ args, cwd, mark } satisfies Request)}\n`);
    const [stdout] = await this.#take("stdout", mark);
    const [stderr, code] = await this.#take("stderr", mark);
    return { code: Number(code), stdout, stderr };
  }

  stop(): void {
    this.#socket.destroy();
    this.#server.close();
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
