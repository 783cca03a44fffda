/** `install.sh` of a release, with a local server and a small program in place of the binary. */
import { createHash } from "node:crypto";
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { arch, platform, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";

const SCRIPT = fileURLToPath(new URL("../../scripts/release/install/install.sh", import.meta.url));
const SYSTEM = platform() === "darwin" ? "apple-darwin" : "unknown-linux-gnu";
const NAME = `polyloop-${arch() === "arm64" ? "aarch64" : "x86_64"}-${SYSTEM}`;

let folder: string;
let server: Server;
let releases: string;
/** What the server has, by path. */
let files: Map<string, Uint8Array | string>;

/** Packs a program that prints a version. */
function packed(source: string): Uint8Array {
  const at = mkdtempSync(join(folder, "pack-"));
  writeFileSync(join(at, NAME), source);
  chmodSync(join(at, NAME), 0o755);
  execFileSync("tar", ["-cJf", join(at, "packed"), NAME], { cwd: at });
  return readFileSync(join(at, "packed"));
}

function release(path: string, source: string): void {
  const bytes = packed(source);
  files.set(`${path}/${NAME}.tar.xz`, bytes);
  files.set(`${path}/SHA256SUMS`, `${createHash("sha256").update(bytes).digest("hex")}  ${NAME}.tar.xz\n`);
}

const printing = (version: string) => `#!/bin/sh\necho polyloop ${version}\n`;

/** Runs the script. */
async function install(...args: string[]): Promise<{ code: number; said: string }> {
  const child = spawn("sh", [SCRIPT, ...args], {
    env: { PATH: process.env.PATH, HOME: folder, POLYLOOP_RELEASES: releases },
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => said += data);
  const code = await new Promise<number>((done) => child.on("close", done));
  return { code, said };
}

const versionIn = (to: string) =>
  execFileSync(join(to, "polyloop"), ["--version"], { encoding: "utf8" }).trim();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "polyloop-install-"));
  server = createServer(({ url }, response) => {
    const body = files.get(url ?? "");
    response.writeHead(body === undefined ? 404 : 200).end(body);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  releases = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
});

afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

beforeEach(() => {
  files = new Map();
  release("/latest/download", printing("2.0.0"));
  release("/download/v1.0.0", printing("1.0.0"));
});

test("installs the newest version into the home folder, or another one elsewhere, and replaces an older one", async () => {
  const home = join(folder, ".polyloop/bin");
  const { code, said } = await install();
  expect(said).toContain(
    `Installed polyloop 2.0.0 in ${home}\nAdd it to your PATH: export PATH="${home}:$PATH"\n`,
  );
  expect(code).toBe(0);
  const to = join(folder, "with a space");
  expect((await install("--to", to, "--version", "v1.0.0")).code).toBe(0);
  expect(versionIn(to)).toBe("polyloop 1.0.0");
  expect((await install("--to", to)).code).toBe(0);
  expect(versionIn(to)).toBe("polyloop 2.0.0");
  expect(readdirSync(to)).toEqual(["polyloop"]);
});

test.for<[what: string, change: () => void, says: string]>([
  [
    "another download than was released",
    () => files.set(`/latest/download/${NAME}.tar.xz`, packed(printing("6.6.6"))),
    "is not what was released",
  ],
  ["half a download", () => {
    const path = `/latest/download/${NAME}.tar.xz`;
    files.set(path, (files.get(path) as Uint8Array).subarray(0, 100));
  }, "is not what was released"],
  ["no download", () => files.delete(`/latest/download/${NAME}.tar.xz`), `cannot download`],
  ["no list of files", () => files.delete("/latest/download/SHA256SUMS"), "cannot download"],
  [
    "no binary for this system",
    () => files.set("/latest/download/SHA256SUMS", "abc  polyloop-other.tar.xz\n"),
    `has no ${NAME}.tar.xz`,
  ],
  [
    "a binary that does not run",
    () => release("/latest/download", "#!/bin/sh\nexit 1\n"),
    "does not run on this system",
  ],
])("%s leaves the old version as it was", async ([, change, says]) => {
  const to = mkdtempSync(join(folder, "old-"));
  await install("--to", to, "--version", "1.0.0");
  change();
  const { code, said } = await install("--to", to);
  expect(said).toContain(says);
  expect(code).toBe(1);
  expect(versionIn(to)).toBe("polyloop 1.0.0");
  expect(readdirSync(to)).toEqual(["polyloop"]);
});

test("install.ps1 has ASCII alone, because Windows PowerShell 5 reads it in the system's code page", () => {
  const script = readFileSync(SCRIPT.replace(/sh$/, "ps1"), "utf8");
  expect(script.match(/[^\t\n -~]/g)).toBeNull();
});

test("a folder that cannot be made and a wrong argument are told in one line", async () => {
  const file = join(folder, "file");
  writeFileSync(file, "");
  expect(await install("--to", join(file, "bin"))).toEqual({
    code: 1,
    said: `polyloop: cannot make the folder ${file}/bin. Choose another one: --to FOLDER\n`,
  });
  expect((await install("--to")).said).toBe("polyloop: --to needs a value\n");
  expect((await install("--two")).said).toContain("unknown argument --two");
});
