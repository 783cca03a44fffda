/**
 * Links of a page for readers who do not have the repository's files beside it, as on the page of the npm package.
 */

/** Makes the links of a page absolute. `at` is the address of the repository, and `ref` the tag of the files that are meant. */
export function withAbsoluteLinks(page: string, at: string, ref: string): string {
  return page.replace(/(!?)\[([^\]]*)\]\((?![a-z]+:|#)([^)]+)\)/g, (_, image, text, path) => {
    return `${image}[${text}](${at}/${image ? "raw" : "blob"}/${ref}/${path})`;
  });
}
