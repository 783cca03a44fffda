/** For commander: an option that may be given several times is the list of its values. */
export function gather(value: string, values: string[] = []): string[] {
  return [...values, value];
}
