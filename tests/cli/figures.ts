import type { Figures } from "../../lib/cli/progress/figures.ts";

/** The figures of a run in its midst. */
export const FIGURES: Figures = {
  oldest: undefined,
  pause: undefined,
  elapsedMs: 4_000,
  done: 1_200,
  ok: 1_188,
  failed: 12,
  before: 0,
  retries: 3,
  inFlight: 32,
  read: 1_232,
  total: 3_000,
  totalIsExact: true,
  bytes: 10_000,
  size: 25_000,
  share: 0.4,
  perSecond: 300,
  leftMs: 6_000,
  load: 0.97,
  sums: { counts: {}, spent: {} },
};
