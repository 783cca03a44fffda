/** A release as far as it goes here: everything but the gate, which is what runs this. */
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
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
  const ended = await start(process.execPath, args);
  expect(ended.code, ended.err).toBe(0);
  const steps = [...ended.out.matchAll(/^== (.*)$/gm)].map(([, title]) => title);
  expect(steps).toEqual([
    "gate",
    `version ${version}`,
    "changelog",
    "bundle",
    "binaries",
    "npm package",
    "checksums",
    `@polyloop/polyloop ${version}: to publish it`,
  ]);
  expect(ended.out).toContain("not ready: the gate was skipped (--skip-gate)\n");
  const tarball = `polyloop-polyloop-${version}.tgz`;
  expect(ended.out).toContain(`\nnpm publish ${out}/${tarball}\n`);
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
  expect(names.filter((name) => !/\.(tar\.xz|tgz|md)$/.test(name))).toEqual([]);
  for (const [sum, name] of sums) {
    expect(createHash("sha256").update(readFileSync(join(out, name))).digest("hex"), name).toBe(sum);
  }
  const listed = sums.map(([, name]) => name).concat("SHA256SUMS");
  expect(readdirSync(out).filter((name) => !name.endsWith(".sha256")).sort()).toEqual(listed.sort());
}, 600_000);
