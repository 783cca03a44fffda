export function manPage(version: string): string {
  return version;
}
