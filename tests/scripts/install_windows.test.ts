/** `install.ps1` of a release, in both kinds of PowerShell, with a local server. This runtime takes the place of the binary. */
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { arch, platform, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { isDeno } from "../program.ts";

const SCRIPT = fileURLToPath(new URL("../../scripts/release/install/install.ps1", import.meta.url));
const NAME = `polyloop-${arch() === "arm64" ? "aarch64" : "x86_64"}-pc-windows-msvc`;

/** Maximum time of a test, in milliseconds: each unpacks a program of about 100 MB. */
const LONGEST = 180_000;

describe.skipIf(platform() !== "win32").each(["powershell", "pwsh"])("install.ps1 in %s", (shell) => {
  let folder: string;
  let to: string;
  let server: Server;
  let packed: Uint8Array;
  /** What the server has, by path. */
  let files: Map<string, Uint8Array | string>;

  async function run(...args: string[]): Promise<{ code: number; said: string }> {
    const { port } = server.address() as { port: number };
    const child = spawn(shell, ["-NoProfile", "-ExecutionPolicy", "Bypass", ...args], {
      env: { ...process.env, POLYLOOP_RELEASES: `http://127.0.0.1:${port}` },
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => said += data);
    const code = await new Promise<number>((done) => child.on("close", done));
    return { code, said };
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "polyloop-install-"));
    to = join(folder, "with a space");
    const [program, zip] = [join(folder, `${NAME}.exe`), join(folder, "packed.zip")];
    copyFileSync(process.execPath, program);
    const command = `Compress-Archive -LiteralPath '${program}' -DestinationPath '${zip}'`;
    execFileSync(shell, ["-NoProfile", "-Command", command]);
    packed = readFileSync(zip);
    server = createServer(({ url }, response) => {
      const body = files.get(url ?? "");
      response.writeHead(body === undefined ? 404 : 200).end(body);
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  }, LONGEST);

  beforeEach(() => {
    const sum = createHash("sha256").update(packed).digest("hex");
    files = new Map<string, Uint8Array | string>([
      ["/latest/download/SHA256SUMS", `${sum}  ${NAME}.zip\n`],
      [`/latest/download/${NAME}.zip`, packed],
    ]);
    rmSync(to, { recursive: true, force: true });
  });

  afterAll(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  test("installs the command, and replaces one that is running", async () => {
    const first = await run("-File", SCRIPT, "-To", to);
    expect(first.said).toContain(`in ${to}`);
    expect(first.said).toContain("Add it to your PATH");
    expect(first.code).toBe(0);
    const forever = "console.log(1); setInterval(() => {}, 1000)";
    const running = spawn(join(to, "polyloop.exe"), [isDeno ? "eval" : "-e", forever]);
    await new Promise((started) => running.stdout.once("data", started));
    expect((await run("-File", SCRIPT, "-To", to)).code).toBe(0);
    expect(execFileSync(join(to, "polyloop.exe"), ["--version"], { encoding: "utf8" })).toMatch(/\d/);
    const ended = new Promise((done) => running.once("close", done));
    running.kill();
    await ended;
    expect((await run("-File", SCRIPT, "-To", to)).code).toBe(0);
    expect(readdirSync(to)).toEqual(["polyloop.exe"]);
  }, LONGEST);

  test("another download than was released leaves the old version as it was", async () => {
    mkdirSync(to);
    copyFileSync(process.execPath, join(to, "polyloop.exe"));
    files.set(`/latest/download/${NAME}.zip`, packed.subarray(0, 100));
    const { code, said } = await run("-File", SCRIPT, "-To", to);
    expect(said.replace(/\s+/g, " ")).toContain("is not what was released");
    expect(code).toBe(1);
    expect(readdirSync(to)).toEqual(["polyloop.exe"]);
  }, LONGEST);

  test("by iex, an error is shown, and the session's preferences stay", async () => {
    files.clear();
    const { said } = await run(
      "-Command",
      `try { Get-Content -Raw -LiteralPath '${SCRIPT}' | iex } catch { "failed: $_" }; "then: $ErrorActionPreference"`,
    );
    expect(said.replace(/\s+/g, " ")).toContain("failed: Cannot download");
    expect(said).toContain("then: Continue");
    expect(existsSync(to)).toBe(false);
  }, LONGEST);
});
