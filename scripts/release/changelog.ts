/**
 * What CHANGELOG.md says of a version.
 *
 * @module
 */

/** The part of a changelog about one version. */
export interface Section {
  /** As it stands behind the version: a date, or a word such as `unreleased`. */
  date: string;
  /** What changed, without the heading. */
  notes: string;
}

/**
 * Finds `## [version] - date` and what stands below it.
 *
 * @throws if there is no such section, or nothing in it
 */
export function sectionOf(changelog: string, version: string): Section {
  for (const section of changelog.split(/^(?=## )/m)) {
    const [heading, ...lines] = section.split("\n");
    const [, found, date = ""] = /^## \[([^\]]+)\](?: - (\S+))?\s*$/.exec(heading) ?? [];
    if (found !== version) continue;
    const notes = lines.join("\n").trim();
    if (!/^\s*[-*] /m.test(notes)) {
      throw new Error(`CHANGELOG.md says nothing of ${version}: list what changed`);
    }
    return { date, notes };
  }
  throw new Error(`CHANGELOG.md has no section "## [${version}]": write what changed`);
}

/** Whether the section has the day of its release. */
export function isDated({ date }: Section): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(date) && !Number.isNaN(Date.parse(date));
}
