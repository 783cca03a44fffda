/** Returns a small object, as a crawler has them. */
export function page(index: number): { url: string; depth: number; tags: string[] } {
  return { url: `https://example.com/page/${index}`, depth: index % 8, tags: ["a", "b"] };
}
