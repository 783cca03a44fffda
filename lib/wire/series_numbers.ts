/**
 * The numbers of a series: the targets of neighbouring tasks, or their run times in microseconds. Mostly, one number stands for
 * nearly all of them, so only the others are sent one by one.
 */

/**
 * A number for each task, or a list: the number of most tasks, then the place in the series and the number of each other task, by
 * ascending places.
 */
export type Numbers = number | number[];

/** Returns the number of the task at a place. */
export function numberAt(numbers: Numbers, place: number): number {
  if (typeof numbers === "number") return numbers;
  for (let at = 1; at < numbers.length; at += 2) if (numbers[at] === place) return numbers[at + 1];
  return numbers[0];
}

/** Calls back with each number and how many tasks have it. Those of most tasks come first. */
export function eachNumber(
  numbers: Numbers,
  count: number,
  visit: (number: number, count: number) => void,
): void {
  if (typeof numbers === "number") return visit(numbers, count);
  const most = count - (numbers.length - 1) / 2;
  if (most > 0) visit(numbers[0], most);
  for (let at = 2; at < numbers.length; at += 2) visit(numbers[at], 1);
}

/** Returns the number of each task. */
export function listOf(numbers: Numbers, count: number): number[] {
  const list: number[] = [];
  const most = typeof numbers === "number" ? numbers : numbers[0];
  for (let place = 0; place < count; place++) list[place] = most;
  if (typeof numbers !== "number") {
    for (let at = 1; at < numbers.length; at += 2) list[numbers[at]] = numbers[at + 1];
  }
  return list;
}

/** Returns the numbers of a list that has one for each task. */
export function numbersOf(list: readonly number[]): Numbers {
  const numbers = [list[0]];
  for (let place = 1; place < list.length; place++) {
    if (list[place] !== list[0]) numbers.push(place, list[place]);
  }
  return numbers.length === 1 ? list[0] : numbers;
}

/** Returns the numbers of the tasks at the places `[from, end)`. */
export function numbersIn(numbers: Numbers, from: number, end: number): Numbers {
  if (typeof numbers === "number") return numbers;
  const part = [numbers[0]];
  for (let at = 1; at < numbers.length; at += 2) {
    if (numbers[at] >= from && numbers[at] < end) part.push(numbers[at] - from, numbers[at + 1]);
  }
  return part;
}

/** Whether a list has the form of {@link Numbers} for `count` tasks, with numbers that `isRight` accepts. */
export function areNumbers(list: unknown[], count: number, isRight: (number: unknown) => boolean): boolean {
  if (list.length % 2 === 0 || !isRight(list[0])) return false;
  for (let at = 1, least = 0; at < list.length; at += 2) {
    const place = list[at];
    if (!Number.isSafeInteger(place) || place as number < least || place as number >= count) return false;
    if (!isRight(list[at + 1])) return false;
    least = place as number + 1;
  }
  return true;
}
