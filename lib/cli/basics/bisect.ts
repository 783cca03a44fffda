/** Returns the last position below `count` whose start is not behind `place`; -1 if there is none. Starts are in order. */
export function lastFrom(place: number, count: number, startOf: (at: number) => number): number {
  let [low, high] = [-1, count - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (startOf(middle) <= place) low = middle;
    else high = middle - 1;
  }
  return low;
}
