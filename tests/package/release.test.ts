/** A release as far as it goes here: everything but the gate, which is what runs this. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { expect, onTestFinished, test } from "vitest";
import { start } from "../program.ts";

const { version } = JSON.parse(readFileSync(new URL("../../deno.json", import.meta.url), "utf8"));

test("a dry run makes everything, says what is missing, and what would be published", async () => {
  const out = mkdtempSync(join(tmpdir(), "polyloop-release-"));
  onTestFinished(() => rmSync(out, { recursive: true, force: true }));
  const args = [
    "run",
    "-A",
    "--config",
    "deno.dev.json",
    "scripts/release.ts",
    "--dry-run",
    "--skip-gate",
    "--out",
    out,
  ];
  const ended = await start(process.execPath, args, "", {
    env: { REPOSITORY: "https://example.org/polyloop" },
  });
  expect(ended.code, ended.err).toBe(0);
  const steps = [...ended.out.matchAll(/^== (.*)$/gm)].map(([, title]) => title);
  expect(steps).toEqual([
    "gate",
    `version ${version}`,
    "changelog",
    "bundle",
    "binaries",
    "npm package",
    "JSR package",
    "install scripts",
    "checksums",
    "manifests of package managers",
    `@polyloop/polyloop ${version}: to publish it`,
  ]);
  expect(ended.out).toContain("not ready: the gate was skipped (--skip-gate)\n");
  const tarball = `polyloop-polyloop-${version}.tgz`;
  expect(ended.out).toContain(`\nnpm publish ${out}/${tarball}\ndeno publish\n`);
  expect(ended.out).toMatch(/== JSR package\n\d{3} files\n/);
  expect(ended.out).toMatch(/\nA dry run: nothing was published\.\n$/);

  const sums = readFileSync(join(out, "SHA256SUMS"), "utf8").trim().split("\n").map((line) =>
    line.split("  ")
  );
  const names = sums.map(([, name]) => name);
  expect(names).toContain(tarball);
  expect(names).toContain("polyloop-bundle.tar.xz");
  // Where a binary could be made, it is packed.
  const packed = names.filter((name) =>
    /^polyloop.*\.tar\.xz$/.test(name) && name !== "polyloop-bundle.tar.xz"
  );
  for (const name of packed) expect(statSync(join(out, name)).size).toBeLessThan(36e6);
  expect(names.filter((name) => !/\.(tar\.xz|tgz|md)$/.test(name))).toEqual(["install.ps1", "install.sh"]);
  for (const [sum, name] of sums) {
    expect(createHash("sha256").update(readFileSync(join(out, name))).digest("hex"), name).toBe(sum);
  }
  const manifest = execFileSync("tar", ["-xzOf", join(out, tarball), "package/package.json"], {
    encoding: "utf8",
  });
  expect(JSON.parse(manifest).repository.url).toBe("git+https://example.org/polyloop.git");
  if (packed.length > 0) await installFrom(out);

  const listed = sums.map(([, name]) => name).concat("SHA256SUMS");
  expect(readdirSync(out).filter((name) => !name.endsWith(".sha256")).sort()).toEqual(listed.sort());
}, 600_000);

/** Installs the binary of a release by its script, from a server that has the release's files. */
async function installFrom(release: string): Promise<void> {
  const server = createServer(({ url = "" }, response) => {
    response.end(readFileSync(join(release, url.slice("/latest/download/".length))));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  try {
    const to = join(release, "bin");
    const { port } = server.address() as { port: number };
    const env = { POLYLOOP_RELEASES: `http://127.0.0.1:${port}` };
    const installed = await start("sh", [join(release, "install.sh"), "--to", to], "", { env });
    expect(installed.out, installed.err).toContain(`Installed polyloop ${version} in ${to}\n`);
    const ran = await start(join(to, "polyloop"), ["run", "-e", "x => x * 2", "--", "21"]);
    expect(ran.out, ran.err).toBe("42\n");
    rmSync(to, { recursive: true });
  } finally {
    server.close();
  }
}
