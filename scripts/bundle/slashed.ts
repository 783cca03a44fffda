/** Paths of modules, which have backslashes on Windows. */

/** Returns the id of a module with slashes. */
export function slashed(id: string): string {
  return id.replaceAll("\\", "/");
}
