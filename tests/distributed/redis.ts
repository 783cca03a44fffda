/** A Redis server for one test: on a free port of 127.0.0.1, with its files in a temporary folder. */

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

/** How it is set up. */
export interface RedisOptions {
  /** Whether it keeps a log. It does by default. */
  log?: boolean;
  /** More of redis.conf, as arguments. */
  config?: string[];
  /** Whether it talks TLS alone, by a certificate of a CA of its own. */
  tls?: boolean;
  /** Whether it wants a certificate of its clients, too; with `tls`. */
  clientCertificates?: boolean;
}

/** The program of the server, as another version's or Valkey's. */
export const SERVER = process.env.POLYLOOP_TEST_REDIS ?? "redis-server";

/** How often `start` tries another port. */
const ATTEMPTS = 5;

/** A Redis server that runs. */
export class RedisServer {
  readonly folder: string;
  readonly port: number;
  readonly #args: string[];
  readonly #scheme: string;
  #child: ChildProcess | undefined;
  #exited: Promise<unknown> = Promise.resolve();

  private constructor(
    folder: string,
    port: number,
    { log = true, config = [], tls = false, clientCertificates = false }: RedisOptions,
  ) {
    this.folder = folder;
    this.port = port;
    this.#scheme = tls ? "rediss" : "redis";
    this.#args = [
      ...["--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", log ? "yes" : "no"],
      ...(tls
        ? [
          ...[
            "--port",
            "0",
            "--tls-port",
            `${port}`,
            "--tls-auth-clients",
            clientCertificates ? "yes" : "no",
          ],
          ...["--tls-cert-file", `${folder}/server.pem`, "--tls-key-file", `${folder}/server.key`],
          ...["--tls-ca-cert-file", `${folder}/ca.pem`],
        ]
        : ["--port", `${port}`]),
      ...config,
    ];
  }

  static async start(options: RedisOptions = {}): Promise<RedisServer> {
    const folder = mkdtempSync(join(tmpdir(), "polyloop-redis-"));
    if (options.tls) makeCertificates(folder);
    for (let attempt = 1;; attempt++) {
      const server = new RedisServer(folder, await freePort(), options);
      try {
        await server.restart();
        return server;
      } catch (error) {
        // Between the look for a free port and the start, another test took the port.
        if (attempt === ATTEMPTS || !String(error).includes("in use")) throw error;
      }
    }
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.port}`;
  }

  /** Starts it again over its files. */
  async restart(): Promise<void> {
    const child = spawn(SERVER, this.#args, { stdio: ["ignore", "pipe", "inherit"] });
    this.#child = child;
    this.#exited = new Promise((resolve) => child.on("exit", resolve));
    let said = "";
    await new Promise<void>((resolve, reject) => {
      child.on("error", reject);
      // Not "exit": its output is complete then.
      child.on("close", (code, signal) => {
        if (this.#child === child) this.#child = undefined;
        reject(new Error(`redis-server on port ${this.port} ended with ${code ?? signal}:\n${said}`));
      });
      child.stdout!.setEncoding("utf8").on("data", (text) => {
        if ((said += text).includes("Ready to accept connections")) resolve();
      });
    });
  }

  /** Ends it without a chance to write anything. A server that is not running stays as it is. */
  async kill(): Promise<void> {
    if (this.#child === undefined) return;
    this.signal("SIGKILL");
    await this.#exited;
    this.#child = undefined;
  }

  /** Signals the server. Throws if it is not running. */
  signal(name: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void {
    if (this.#child === undefined) throw new Error(`redis-server on port ${this.port} is not running`);
    process.kill(this.#child.pid!, name);
  }

  /** Leaves so much of the newest part of its log, as a power cut would. */
  cutLog(part: number): void {
    const folder = join(this.folder, "appendonlydir");
    const name = readdirSync(folder).find((file) => file.includes(".incr."))!;
    const bytes = readFileSync(join(folder, name));
    writeFileSync(join(folder, name), bytes.subarray(0, Math.floor(bytes.length * part)));
  }

  /** Asks it something. */
  cli(...args: string[]): string {
    const more = this.#scheme === "rediss" ? ["--tls", "--cacert", `${this.folder}/ca.pem`] : [];
    return execFileSync("redis-cli", ["-p", `${this.port}`, ...more, ...args], {
      encoding: "utf8",
      timeout: 100_000,
    }).trim();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // SIGKILL also ends a process that is stopped.
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/**
 * The ports of these servers: below the ranges from which a system takes ports for outgoing connections (Linux: from 32,768,
 * others: from 49,152). Such a connection, also one of a client to the very port that it looks for, would hold the port of a
 * server that is down, so that the server could not start again.
 */
const FIRST_PORT = 10_000;
const PORTS = 22_000;

/** A port on which no process listens and which no outgoing connection takes. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

/** `ca.pem` with what it signed for 127.0.0.1, and `other.pem`, a CA that signed nothing. */
function makeCertificates(folder: string): void {
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  for (const name of ["ca", "other"]) {
    openssl(
      "req",
      "-x509",
      ...newKey,
      "-keyout",
      `${name}.key`,
      "-out",
      `${name}.pem`,
      "-subj",
      `/CN=${name}`,
    );
  }
  openssl("req", ...newKey, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=redis");
  writeFileSync(join(folder, "server.ext"), "subjectAltName=IP:127.0.0.1,DNS:localhost\n");
  // For clients that have to show one: the server's own will do, as any that the CA has signed.
  openssl(
    ...["x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"],
    ...["-out", "server.pem", "-extfile", "server.ext"],
  );
}
