/** Finds the name that is nearest to a mistyped one, for "did you mean …?". */

/** The options of other pools and queues, and their names here. In lower case, letters only. */
const ELSEWHERE: Record<string, string> = {
  __proto__: null as never,
  maxthreads: "workers",
  minthreads: "workers",
  maxworkers: "workers",
  minworkers: "workers",
  numworkers: "workers",
  poolsize: "workers",
  threads: "workers",
  processes: "workers",
  concurrenttasksperworker: "concurrency",
  taskqueuemaxsize: "maxQueue",
  maxqueuesize: "maxQueue",
  workertype: "isolation",
  runtime: "isolation",
  maxtasksperchild: "recycle.tasks",
  maxtasksperworker: "recycle.tasks",
  maxmemorylimitbeforerecycle: "recycle.heapBytes",
  intervalcap: "rate.tasks",
  interval: "rate.perMs",
  abortsignal: "signal",
  transferlist: "transfer",
  retries: "retry.attempts",
  maxretries: "retry.attempts",
  on: "onProgress",
  stoponerror: "settled",
};

/** Returns the name that is nearest to `word`, or the name of the same option elsewhere; undefined if there is neither. */
export function nearest(word: string, names: string[]): string | undefined {
  const name = similar(word, names);
  if (name !== undefined) return name;
  const known = ELSEWHERE[word.toLowerCase().replace(/[^a-z]/g, "")];
  return names.includes(known?.split(".")[0]) ? known : undefined;
}

/** Returns the most similar name; undefined if none is similar. At most three letters, and two of five, may differ. */
export function similar(word: string, names: string[]): string | undefined {
  const [wanted] = [...names].sort((one, other) => distance(word, one) - distance(word, other));
  const away = wanted === undefined ? Infinity : distance(word, wanted);
  return away <= 3 && away <= 0.4 * Math.max(word.length, wanted.length) ? wanted : undefined;
}

/** Number of letters to insert, remove, change or swap with a neighbour to make one word the other, whatever their case. */
function distance(one: string, other: string): number {
  const [a, b] = [one.toLowerCase(), other.toLowerCase()];
  // Rows of the table of Damerau and Levenshtein: the last two, and the present one.
  let [before, last]: number[][] = [[], Array.from({ length: b.length + 1 }, (_, at) => at)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + same);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) row[j] = Math.min(row[j], before[j - 2] + 1);
    }
    [before, last] = [last, row];
  }
  return last[b.length];
}
