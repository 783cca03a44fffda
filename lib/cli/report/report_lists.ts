/** The lists of a report page, which refer to each other by numbers: kinds of errors, inputs and bars. */

import type { BarData } from "./recording/bars.ts";
import type { ErrorGroup, ErrorGroups } from "./recording/error_groups.ts";
import type { Listed } from "./recording/inputs.ts";
import type { Recorder } from "./recording/recorder.ts";

export type { BarData } from "./recording/bars.ts";

export interface KindData {
  name: string;
  message: string;
  stack: string;
  failed: number;
  retried: number;
  /** A few of the inputs that failed of it: their places in the list of inputs. */
  samples: number[];
}

/** The listed inputs: the slowest, some of each kind of errors, and a sample of the rest. */
export interface InputList {
  /** The list has one success in `oneIn`, and one failed input in `failedOneIn`. */
  oneIn: number;
  failedOneIn: number;
  rows: InputRow[];
}

/**
 * A listed input: the number of its line, the beginning of its text, whether it succeeded (1 or 0), its milliseconds, its attempts,
 * the number of its error's kind (0 without), and the place of its last attempt among the bars (−1 without).
 */
type InputRow = [
  line: number,
  text: string,
  ok: number,
  ms: number,
  attempts: number,
  kind: number,
  bar: number,
];

export function listsOf(
  { errors, retryErrors, slowest, inputs, bars }: Recorder,
): { kinds: KindData[]; inputs: InputList; bars: BarData } {
  const samples = errors.list().flatMap(({ samples }) => samples);
  const listed = inputs.all([...slowest.list(), ...samples]).sort((one, other) => one.index - other.index);
  const placeOf = new Map(listed.map((input, at) => [input, at]));
  const attempts = bars.all(listed.flatMap(({ attempt }) => attempt ?? []));
  const barOf = new Map(attempts.map((bar, at) => [bar, at]));

  const numberOf = new Map<object, number>();
  const kinds = kindsOf(errors, retryErrors).map(({ failed, retried }, at): KindData => {
    for (const group of [failed, retried]) if (group) numberOf.set(group, at + 1);
    const { name, message } = (failed ?? retried)!;
    return {
      name,
      message,
      stack: failed?.stack ?? "",
      failed: failed?.count ?? 0,
      retried: retried?.count ?? 0,
      samples: failed?.samples.map((input) => placeOf.get(input)!) ?? [],
    };
  });
  const kindOf = (kind: object) => numberOf.get(kind) ?? 0;
  const row = ({ line, input, ok, ms, attempts, kind, attempt }: Listed): InputRow => [
    line,
    input,
    ok ? 1 : 0,
    Math.round(ms * 100) / 100,
    attempts,
    kind ? kindOf(kind) : 0,
    attempt ? barOf.get(attempt)! : -1,
  ];
  return {
    kinds,
    inputs: { ...inputs.parts, rows: listed.map(row) },
    bars: bars.data(attempts, kindOf),
  };
}

/** A kind of errors: the inputs that failed of it, and the attempts that were followed by another. */
interface Kind {
  failed: ErrorGroup | undefined;
  retried: ErrorGroup | undefined;
}

function kindsOf(errors: ErrorGroups, retryErrors: ErrorGroups): Kind[] {
  const keys = new Set([...errors.byKey.keys(), ...retryErrors.byKey.keys()]);
  const kinds = [...keys].map((key) => ({
    failed: errors.byKey.get(key),
    retried: retryErrors.byKey.get(key),
  }));
  const counts = ({ failed, retried }: Kind) => [failed?.count ?? 0, retried?.count ?? 0];
  return kinds.sort((one, other) => {
    const [a, b] = [counts(one), counts(other)];
    return b[0] - a[0] || b[1] - a[1];
  });
}
