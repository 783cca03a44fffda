/** The keys of `polyloop top`: which row they select, how they sort, and what they ask of a run or a worker. */

import type { Overview } from "../../distributed/broker/overview.ts";

type Run = Overview["runs"][number];
type Worker = Overview["workers"][number];

/** The orders of the rows, each with the figure that comes first where it is highest. Without one, names decide. */
const ORDERS = {
  "name": {},
  "in flight": { run: (run: Run) => run.inFlight, worker: (worker: Worker) => worker.inFlight },
  "tasks/s": { worker: (worker: Worker) => worker.rate },
  "ok": { run: (run: Run) => run.succeeded, worker: (worker: Worker) => worker.succeeded },
  "failed": { run: (run: Run) => run.failed, worker: (worker: Worker) => worker.failed },
} satisfies Record<string, { run?: (run: Run) => number; worker?: (worker: Worker) => number }>;

export type Order = keyof typeof ORDERS;

const ORDER_NAMES = Object.keys(ORDERS) as Order[];

export type Wish =
  | { wish: "quit" }
  | { wish: "pause" | "go on"; run: string }
  | { wish: "drain"; worker: string };

type Row = { run: Run } | { worker: Worker };

export function inOrder(overview: Overview, order: Order): Overview {
  const { run, worker }: { run?: (run: Run) => number; worker?: (worker: Worker) => number } = ORDERS[order];
  const runs = overview.runs.toSorted((one, other) => {
    return (run ? run(other) - run(one) : 0) || (one.run < other.run ? -1 : 1);
  });
  const workers = overview.workers.toSorted((one, other) => {
    return (worker ? worker(other) - worker(one) : 0) || (one.id < other.id ? -1 : 1);
  });
  return { ...overview, runs, workers };
}

export class TopKeys {
  order: Order = "name";
  showsWords = false;
  /** The question that `y` answers with yes, or the answer to the last key; undefined for neither. */
  line: string | undefined;
  /** The name of the selected run or worker. */
  #name: string | undefined;
  #asks: Wish | undefined;

  /** The number of the selected row, runs before workers; -1 if there is no row. */
  rowIn(overview: Overview): number {
    const rows = rowsOf(overview, this.order);
    const at = rows.findIndex((row) => nameOf(row) === this.#name);
    return at === -1 && rows.length > 0 ? 0 : at;
  }

  /** Takes a key as the terminal sends it, and returns what it asks for. */
  press(key: string, overview: Overview): Wish | undefined {
    const asked = this.#asks;
    this.#asks = this.line = undefined;
    if (key === "q" || key === "\x03") return { wish: "quit" };
    if (asked) return key === "y" ? asked : undefined;
    if (key === "?" || this.showsWords) this.showsWords = !this.showsWords;
    else if (key === "s") {
      this.order = ORDER_NAMES[(ORDER_NAMES.indexOf(this.order) + 1) % ORDER_NAMES.length];
    } else if (key === "\x1b[A" || key === "k") this.#move(-1, overview);
    else if (key === "\x1b[B" || key === "j") this.#move(1, overview);
    else if (key === "p" || key === "d") return this.#order(key, overview);
    return undefined;
  }

  #move(by: number, overview: Overview): void {
    const rows = rowsOf(overview, this.order);
    const at = Math.max(0, Math.min(rows.length - 1, this.rowIn(overview) + by));
    this.#name = rows.length === 0 ? undefined : nameOf(rows[at]);
  }

  #order(key: "p" | "d", overview: Overview): Wish | undefined {
    const row = rowsOf(overview, this.order)[this.rowIn(overview)];
    // The row that was seen, even if another one takes its place meanwhile.
    if (row) this.#name = nameOf(row);
    if (key === "p") {
      if (row && "run" in row) return { wish: row.run.paused ? "go on" : "pause", run: row.run.run };
      this.line = "p pauses a run: select one by ↑ and ↓";
    } else if (row && "worker" in row) {
      this.#asks = { wish: "drain", worker: row.worker.id };
      this.line = `let ${row.worker.id} finish its tasks and end? y or n`;
    } else this.line = "d drains a worker: select one by ↑ and ↓";
    return undefined;
  }
}

function rowsOf(overview: Overview, order: Order): Row[] {
  const { runs, workers } = inOrder(overview, order);
  return [...runs.map((run) => ({ run })), ...workers.map((worker) => ({ worker }))];
}

function nameOf(row: Row): string {
  return "run" in row ? `run ${row.run.run}` : `worker ${row.worker.id}`;
}
