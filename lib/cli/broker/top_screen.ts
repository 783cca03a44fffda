/** `polyloop top` on a terminal: looks at the broker once a second, and obeys keys. */

import process from "node:process";
import type { Broker } from "../../distributed/broker/broker.ts";
import { drainWorker, letGoOn, pauseRun } from "../../distributed/broker/orders.ts";
import { type Overview, overviewOf } from "../../distributed/broker/overview.ts";
import { brokerError } from "../../distributed/broker/errors.ts";
import { draw } from "../progress/terminal.ts";
import { visible, visibleLine } from "../progress/visible.ts";
import { SignalWatch } from "../signals/watch.ts";
import { TopKeys, type Wish } from "./top_keys.ts";
import { topText, WORDS } from "./top_text.ts";

/** Interval of the display, in milliseconds. */
const INTERVAL = 1_000;

/** Time without an answer after which a line reports it, in milliseconds. A guess. */
const PATIENCE = 3_000;

/** The last line, if there is nothing else to say. It fits into 80 columns. */
const KEYS = "↑ ↓ select  s sort  p pause a run  d drain a worker  ? words  q quit";

/** A key, or one of the sequences that arrows send. */
// deno-lint-ignore no-control-regex -- arrows begin with the control character ESC
const KEY = /\x1b\[[A-D]|[^]/g;

/** Shows the broker until `q` or a signal. */
export async function showTop(broker: Broker, queue: string, first: Overview): Promise<void> {
  const screen = new TopScreen(broker, queue, first);
  const signals = new SignalWatch({ drain: screen.stop, abort: screen.stop, leave: screen.stop });
  try {
    await screen.stopped;
  } finally {
    signals.stop();
    screen.close();
  }
}

class TopScreen {
  readonly stopped: Promise<void>;
  readonly stop: () => void;
  readonly #broker: Broker;
  readonly #queue: string;
  readonly #keys = new TopKeys();
  #seen: Overview;
  #hasClosed = false;
  #next: ReturnType<typeof setTimeout> | undefined;

  constructor(broker: Broker, queue: string, first: Overview) {
    const { promise, resolve } = Promise.withResolvers<void>();
    [this.stopped, this.stop] = [promise, resolve];
    [this.#broker, this.#queue, this.#seen] = [broker, queue, first];
    if (process.stdin.isTTY) process.stdin.setRawMode(true).setEncoding("utf8").on("data", this.#onKeys);
    this.#draw();
    void this.#look();
  }

  /** Gives the terminal back. What was seen last stays above the next line. */
  close(): void {
    this.#hasClosed = true;
    draw("stdout", "\n");
    clearTimeout(this.#next);
    if (process.stdin.isTTY) process.stdin.off("data", this.#onKeys).setRawMode(false).pause();
  }

  /** Looks at the broker, and again after a second. A broker that does not answer holds up no key. */
  async #look(): Promise<void> {
    const { label } = this.#broker;
    const silent = setTimeout(
      () => this.#show({ trouble: `the broker at ${label} does not answer` }),
      PATIENCE,
    );
    try {
      const seen = await overviewOf(this.#broker);
      this.#show({ trouble: undefined, ...seen });
    } catch (error) {
      this.#show({ trouble: brokerError(error, label).message });
    } finally {
      clearTimeout(silent);
    }
    if (!this.#hasClosed) this.#next = setTimeout(() => void this.#look(), INTERVAL);
  }

  #show(seen: Partial<Overview>): void {
    this.#seen = { ...this.#seen, ...seen };
    this.#draw();
  }

  readonly #onKeys = (keys: string): void => {
    for (const [key] of keys.matchAll(KEY)) {
      const wish = this.#keys.press(key, this.#seen);
      if (wish?.wish === "quit") return this.stop();
      if (wish) void this.#grant(wish);
    }
    this.#draw();
  };

  async #grant(wish: Exclude<Wish, { wish: "quit" }>): Promise<void> {
    try {
      this.#keys.line = await obey(this.#broker, wish);
      this.#show(await overviewOf(this.#broker));
    } catch (error) {
      this.#keys.line = brokerError(error, this.#broker.label).message;
      this.#draw();
    }
  }

  #draw(): void {
    if (this.#hasClosed) return;
    const { columns = 80, rows = 24 } = process.stdout;
    const keys = process.stdin.isTTY ? this.#keys : undefined;
    const text = keys?.showsWords
      ? WORDS
      : topText(this.#seen, { queue: this.#queue, columns: columns - 1, keys });
    const last = !keys ? "" : keys.showsWords ? "any key goes back" : keys.line ?? KEYS;
    const shown = `${visible(cutTo(rows - 1, text))}\n${visibleLine(last).slice(0, columns - 1)}`;
    // Begins at the top left. Clears the rest of each line, and the lines below.
    draw("stdout", `\x1b[H${shown.replaceAll("\n", "\x1b[K\n")}\x1b[K\x1b[J`);
  }
}

/** Asks a run or a worker for what a key means. Returns the line to show. */
async function obey(broker: Broker, wish: Exclude<Wish, { wish: "quit" }>): Promise<string> {
  if (wish.wish === "drain") {
    await drainWorker(broker, wish.worker);
    return `${wish.worker} takes no more inputs within seconds, and ends`;
  }
  if (wish.wish === "pause") {
    await pauseRun(broker, wish.run);
    return `${wish.run} sends no more inputs within seconds; p again ends the pause`;
  }
  await letGoOn(broker, wish.run);
  return `${wish.run} goes on within seconds`;
}

/** Cuts the text to the rows of the terminal. If it scrolled, the first lines would be lost. */
function cutTo(rows: number, text: string): string {
  const lines = text.split("\n");
  if (lines.length <= rows) return text;
  return [...lines.slice(0, rows - 1), `… and ${lines.length - rows + 1} more lines (--json shows all)`].join(
    "\n",
  );
}
