/** A Redis of a test's own: on a free port of 127.0.0.1, with its files in a temporary folder. */

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
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

/** A server that runs. */
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
    const server = new RedisServer(folder, await freePort(), options);
    await server.restart();
    return server;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.port}`;
  }

  /** Starts it again over the files that it has. */
  async restart(): Promise<void> {
    const child = this.#child = spawn("redis-server", this.#args, { stdio: ["ignore", "pipe", "inherit"] });
    this.#exited = new Promise((resolve) => child.on("exit", resolve));
    await new Promise<void>((resolve, reject) => {
      let said = "";
      child.on("error", reject);
      child.on("exit", () => reject(new Error(`redis-server ended:\n${said}`)));
      child.stdout!.setEncoding("utf8").on("data", (text) => {
        if ((said += text).includes("Ready to accept connections")) resolve();
      });
    });
  }

  /** Ends it without a chance to write anything. */
  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.#exited;
  }

  signal(name: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void {
    process.kill(this.#child!.pid!, name);
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
    this.signal("SIGCONT");
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A port that nobody has. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
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
