/**
 * Final outcomes → the file of results and the file of failed inputs.
 *
 * @module
 */

import type { Lines } from "../../wire/lines.ts";
import type { LineSource } from "../input/line_source.ts";
import type { RunOptions } from "../flags/options.ts";
import { systemReason } from "../user_error.ts";
import { InOrder } from "./in_order.ts";
import type { Layout } from "./layout.ts";
import type { OutputFiles } from "./output_files.ts";
import { type ErrorRecord, failedInput, failureEnvelope, successEnvelope } from "./record.ts";
import { TextWriter } from "./text_writer.ts";

/** What became of an input, for good. */
export interface Final {
  index: number;
  attempts: number;
  ms: number;
  /** What the task returned, as text; nothing if it failed. */
  value: string | undefined;
  /** Why it failed; nothing where nobody asked. */
  error: ErrorRecord | undefined;
  /** Whether the journal had it. */
  before?: boolean;
}

/** What the tasks of several inputs that follow one another returned, as text. */
export interface Results {
  index: number;
  lines: Lines;
}

/** What the writer works with. */
interface OutcomeWriterInit {
  options: RunOptions;
  files: OutputFiles;
  source: LineSource;
  /** How results stand in their file, where it is not one per line. */
  layout: Layout | undefined;
  /** Is told of a result that has no place there: its input has failed. */
  misfit: (final: Final, error: Error) => void;
  /** Is told why nothing more can be written; no words for a closed stdout. */
  giveUp: (line: string | undefined) => void;
}

/** Where results came many at once, each at its first attempt. */
const UNKNOWN = { attempts: 1, ms: 0, value: undefined, error: undefined };

/** Writes both files. An input counts as open until it is written. */
export class OutcomeWriter {
  readonly #options: RunOptions;
  readonly #source: LineSource;
  readonly #layout: Layout | undefined;
  readonly #misfit: OutcomeWriterInit["misfit"];
  readonly #order: InOrder<Final | Results>;
  readonly #results: TextWriter;
  readonly #errors: TextWriter | undefined;

  constructor({ options, files, source, layout, misfit, giveUp }: OutcomeWriterInit) {
    const cannotWrite = (name: string) => (error: NodeJS.ErrnoException) =>
      giveUp(error.code === "EPIPE" ? undefined : `Cannot write to ${name}: ${systemReason(error)}`);
    this.#options = options;
    this.#source = source;
    this.#layout = layout;
    this.#misfit = misfit;
    this.#order = new InOrder(
      !options.unordered,
      (outcome) => "lines" in outcome ? this.#writeResults(outcome) : this.#write(outcome),
    );
    this.#results = new TextWriter(
      files.results,
      cannotWrite(options.output === "-" ? "stdout" : options.output),
      files.packing.results,
    );
    if (files.errors !== undefined) {
      this.#errors = new TextWriter(files.errors, cannotWrite(options.errors ?? ""), files.packing.errors);
    }
  }

  /** Takes an outcome. Wait for what it returns, if anything, before the next. */
  add(final: Final): Promise<unknown> | undefined {
    return this.#order.add(final.index, final);
  }

  /** Takes the bare results of several inputs; not for an envelope. */
  addResults(results: Results): Promise<unknown> | undefined {
    return this.#order.addSeveral(results.index, results, results.lines.length);
  }

  /** This input has no outcome: it was aborted. */
  skip(index: number): void {
    this.#source.settle(index);
    this.#order.add(index, undefined);
  }

  /** Resolves when everything is written, or cannot be. */
  async finish(): Promise<void> {
    await this.#order.finish();
    if (this.#layout) this.#results.text(this.#layout.end());
    await this.#results.finish();
    await this.#errors?.finish();
  }

  #writeResults({ index, lines }: Results): Promise<unknown> | undefined {
    if (this.#layout) {
      return this.#layOut(lines.toArray() as string[], (at) => ({ ...UNKNOWN, index: index + at }));
    }
    this.#source.settle(index, lines.length);
    return this.#results.lines(lines.bytes);
  }

  #write(final: Final): Promise<unknown> | undefined {
    const { value } = final;
    if (value === undefined) return this.#writeFailure(final);
    const text = this.#options.envelope ? successEnvelope(final, value) : value;
    if (this.#layout) return this.#layOut([text], () => final);
    this.#source.settle(final.index);
    return this.#results.line(text);
  }

  /** Writes the results of inputs that follow one another where the layout has them. */
  #layOut(texts: string[], finalOf: (at: number) => Final): Promise<unknown> | undefined {
    const { index } = finalOf(0);
    let settled = 0;
    const text = this.#layout!.lay(texts, (at, error) => {
      this.#source.settle(index + settled, at - settled);
      settled = at + 1;
      const { name, message } = error;
      const final = {
        ...finalOf(at),
        value: undefined,
        error: { name, message, stack: `${name}: ${message}` },
      };
      this.#misfit(final, error);
      this.#writeFailure(final);
    });
    this.#source.settle(index + settled, texts.length - settled);
    return this.#results.text(text);
  }

  #writeFailure(final: Final): Promise<unknown> | undefined {
    const origin = this.#source.originOf(final.index);
    this.#source.settle(final.index);
    const { error } = final;
    if (!error) return undefined;
    const full = this.#options.envelope ? this.#envelope(failureEnvelope(final, error)) : undefined;
    const json = this.#source.isJson;
    return this.#errors?.line(failedInput(final, origin, { error, json })) ?? full;
  }

  #envelope(text: string): Promise<unknown> | undefined {
    return this.#layout ? this.#results.text(this.#layout.lay([text], () => {})) : this.#results.line(text);
  }
}
