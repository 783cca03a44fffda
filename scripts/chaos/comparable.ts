/** What two runs over the same inputs must have in common: their lines, without what depends on time and place. */

/** The fields of an envelope that differ between two runs. A lost worker's attempt counts. */
const OF_ITS_OWN = ["attempts", "ms", "started", "worker", "position", "machine"];

/** Returns the lines of an output in an order that both runs have. */
export function comparable(output: string, flags: string[]): string[] {
  let lines = output.split("\n").slice(0, -1);
  const isUnordered = flags.includes("--unordered");
  if (flags.some((flag) => flag.startsWith("--envelope"))) {
    lines = lines.map((line) => {
      const fields = Object.entries(JSON.parse(line));
      return JSON.stringify(Object.fromEntries(fields.filter(([name]) => !OF_ITS_OWN.includes(name))));
    });
  }
  return isUnordered ? lines.toSorted() : lines;
}
