/** What the release's script makes of the changelog. */
import { expect, test } from "vitest";
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
