/** Finds the section of a version in CHANGELOG.md. */

/** The section of a changelog about one version. */
export interface Section {
  /** The text after the version: a date, or a word such as `unreleased`. */
  date: string;
  /** The changes, without the heading. */
  notes: string;
}

/**
 * Returns the section `## [version] - date` with its text.
 *
 * @throws if there is no such section, or it is empty
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

/** Whether the section has a release date. */
export function isDated({ date }: Section): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(date) && !Number.isNaN(Date.parse(date));
}
