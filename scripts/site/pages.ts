/**
 * The pages of the site: which file of the repository each one shows, and where it stands in the navigation.
 */

/** A page that shows a Markdown file of the repository. */
export interface Page {
  /** Its file in the site. */
  path: string;
  /** The Markdown file, from the root of the repository. */
  source: string;
  /** Its name in the navigation. */
  title: string;
}

/** The pages by the groups of the navigation. The command line's topics and the library's reference follow the guide. */
export const GROUPS: [title: string, pages: Page[]][] = [
  ["Guide", [
    { path: "index.html", source: "README.md", title: "Start" },
    { path: "library.html", source: "lib/executor/README.md", title: "The library" },
    { path: "machines.html", source: "lib/distributed/README.md", title: "More than one machine" },
    { path: "deploying.html", source: "tests/examples/deploy/README.md", title: "Deploying workers" },
    { path: "recipes.html", source: "tests/examples/recipes/README.md", title: "Recipes" },
    {
      path: "coming-from.html",
      source: "tests/examples/coming_from/README.md",
      title: "Coming from other tools",
    },
  ]],
  ["Project", [
    { path: "changes.html", source: "CHANGELOG.md", title: "Changes" },
    { path: "compatibility.html", source: "COMPATIBILITY.md", title: "Compatibility" },
    { path: "security.html", source: "SECURITY.md", title: "Security" },
    { path: "benchmark.html", source: "scripts/bench/README.md", title: "Benchmark" },
    { path: "architecture.html", source: "lib/README.md", title: "Architecture" },
    { path: "decisions.html", source: "lib/DECISIONS.md", title: "Decisions" },
    { path: "contributing.html", source: "CONTRIBUTING.md", title: "Contributing" },
    { path: "conduct.html", source: "CODE_OF_CONDUCT.md", title: "Code of conduct" },
  ]],
];

/** All pages that show a Markdown file. */
export const PAGES: Page[] = GROUPS.flatMap(([, pages]) => pages);
