/** What a release makes of the project's pages. */
import { expect, test } from "vitest";
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
