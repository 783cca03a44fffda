/**
 * What is around the content of each page: the head, the navigation and the search.
 */

import { escaped } from "./markdown.ts";

/** An entry of the navigation. */
export interface Entry {
  path: string;
  title: string;
}

/** A group of the navigation. */
export type Group = [title: string, entries: Entry[]];

/** A page's content and its place. */
export interface Content {
  /** Its file in the site. */
  path: string;
  title: string;
  html: string;
}

/** Returns the whole page. */
export function framed({ path, title, html }: Content, groups: Group[], version: string): string {
  const up = "../".repeat(path.split("/").length - 1);
  const entry = ({ path: at, title }: Entry) =>
    `<li><a href="${up}${at}"${at === path ? ' aria-current="page"' : ""}>${escaped(title)}</a></li>`;
  const navigation = groups.map(([title, entries]) =>
    `<h2>${escaped(title)}</h2>\n<ul>${entries.map(entry).join("\n")}</ul>`
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)} · polyloop</title>
<meta name="description" content="polyloop runs an async TypeScript function over many inputs, on every core, with many tasks in flight on each core.">
<link rel="stylesheet" href="${up}style.css">
<script defer src="${up}search.js" data-root="${up || "./"}"></script>
</head>
<body>
<a class="skip" href="#content">To the content</a>
<header>
<a class="name" href="${up}index.html">polyloop <small>${escaped(version)}</small></a>
<search><input id="search" type="search" placeholder="Search (press /)" aria-label="Search" autocomplete="off" aria-controls="found"></search>
<details class="menu"><summary>Pages</summary><nav aria-label="Pages, small screen">${
    navigation.join("\n")
  }</nav></details>
</header>
<ol id="found" aria-label="Found" hidden></ol>
<nav class="side" aria-label="Pages">
${navigation.join("\n")}
</nav>
<main id="content">
${html}
</main>
</body>
</html>
`;
}
