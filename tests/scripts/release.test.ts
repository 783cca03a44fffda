/** What a release makes of the project's pages. */
import { expect, test } from "vitest";
import { manifests } from "../../scripts/release/manifests.ts";
import { withAbsoluteLinks } from "../../scripts/npm/absolute_links.ts";
import { isDated, sectionOf } from "../../scripts/release/changelog.ts";

const CHANGELOG = `# Changelog

## [1.1.0] - unreleased

### Added

- Something.

## [1.0.0] - 2026-11-24

- All of it.

## [0.9.0] - 2026-02-30

Words alone.
`;

test("a version's section of the changelog ends where the next begins", () => {
  expect(sectionOf(CHANGELOG, "1.1.0")).toEqual({ date: "unreleased", notes: "### Added\n\n- Something." });
  expect(sectionOf(CHANGELOG, "1.0.0")).toEqual({ date: "2026-11-24", notes: "- All of it." });
});

test("a version that the changelog does not have, or says nothing of, is no release", () => {
  expect(() => sectionOf(CHANGELOG, "2.0.0")).toThrow(
    'CHANGELOG.md has no section "## [2.0.0]": write what changed',
  );
  expect(() => sectionOf(CHANGELOG, "1.0")).toThrow("has no section");
  expect(() => sectionOf(CHANGELOG, "0.9.0")).toThrow(
    "CHANGELOG.md says nothing of 0.9.0: list what changed",
  );
});

test("a release has a day", () => {
  expect(isDated({ date: "2026-11-24", notes: "" })).toBe(true);
  for (const date of ["unreleased", "", "2026-13-01", "24.11.2026"]) {
    expect(isDated({ date, notes: "" })).toBe(false);
  }
});

test("on the page of the npm package, links lead to the files of this version", () => {
  const page =
    "![a](pic/a.svg) [b](lib/README.md#x) [c](https://example.org) [d](#here) [e](mailto:a@example.org)";
  expect(withAbsoluteLinks(page, "https://example.org/p", "v1.0.0")).toBe(
    "![a](https://example.org/p/raw/v1.0.0/pic/a.svg) [b](https://example.org/p/blob/v1.0.0/lib/README.md#x) " +
      "[c](https://example.org) [d](#here) [e](mailto:a@example.org)",
  );
});

test("the manifests of package managers name each binary with its SHA-256", () => {
  const targets = ["unknown-linux-gnu", "apple-darwin", "pc-windows-msvc"].flatMap((system) =>
    ["x86_64", "aarch64"].map((machine) =>
      `polyloop-${machine}-${system}.${system.startsWith("pc") ? "zip" : "tar.xz"}`
    )
  );
  const digests = new Map(targets.map((name, at) => [name, `${at}a`.repeat(32)]));
  const about = {
    version: "1.2.3",
    description: 'Runs "it": all.',
    license: "MIT",
    repository: "https://example.org/p",
  };
  const texts = manifests({ ...about, digests });
  const all = [...texts.values()].join("");
  for (const [name, digest] of digests) {
    expect(all).toContain(`https://example.org/p/releases/download/v1.2.3/${name}`);
    expect(all).toContain(digest);
  }
  const { architecture } = JSON.parse(texts.get("polyloop.json")!);
  expect(architecture["64bit"].bin).toEqual([["polyloop-x86_64-pc-windows-msvc.exe", "polyloop"]]);
  expect(texts.get("polyloop.polyloop.installer.yaml")).toContain(
    `InstallerSha256: ${digests.get(targets[5]!)!.toUpperCase()}`,
  );
  expect(() => manifests({ ...about, digests: new Map() })).toThrow(
    "the release has no polyloop-aarch64-apple-darwin.tar.xz",
  );
});
