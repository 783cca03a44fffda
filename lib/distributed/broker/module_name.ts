/** The name of a module in lines for the user: the last part of its URL. */
export function moduleName(url: string): string {
  return url.slice(url.lastIndexOf("/") + 1).slice(0, 200) || "module";
}
