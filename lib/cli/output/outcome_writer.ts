/**
 * Writes outcomes: results to the output, failed inputs to the file of `--errors`.
 *
 * @module
 */

import { InOrder } from "../../executor/calls/in_order.ts";
import type { Lines } from "../../wire/lines.ts";
import type { LineSource } from "../input/line_source.ts";
import type { RunOptions } from "../flags/options.ts";
import { systemReason } from "../user_error.ts";
import type { Layout } from "./layout.ts";
import type { OutputFiles } from "./output_files.ts";
import { type ErrorRecord, failedInput, failureEnvelope, successEnvelope } from "./record.ts";
import { TextWriter } from "./text_writer.ts";

/** The final outcome of an input. */
export interface Final {
  index: number;
  attempts: number;
  ms: number;
  /** The result as text; undefined if the input failed. */
  value: string | undefined;
  /** The error of a failed input; undefined if no file needs it. */
  error: ErrorRecord | undefined;
  /** Whether the outcome is that of an earlier session. */
  before?: boolean;
}

/** The results of neighbouring inputs, as lines. */
export interface Results {
  index: number;
  lines: Lines;
}

/** What a writer needs. */
interface OutcomeWriterInit {
  options: RunOptions;
  files: OutputFiles;
  source: LineSource;
  /** The layout of results; undefined for one result per line. */
  layout: Layout | undefined;
  /** Called for a result that the layout refuses, so that its input has failed. */
  misfit: (final: Final, error: Error) => void;
  /** Called if nothing more can be written, with the reason; undefined for a closed stdout. */
  giveUp: (line: string | undefined) => void;
}

/** The facts of one of many results that came together, each at its first attempt. */
const UNKNOWN = { attempts: 1, ms: 0, value: undefined, error: undefined };

/** Writes both files. An input has settled for the source when it is written. */
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

  /** Takes an outcome. The caller awaits what it returns before more inputs. */
  add(final: Final): Promise<unknown> | undefined {
    return this.#order.add(final.index, final);
  }

  /** Takes the results of several inputs, without envelopes. The caller awaits what it returns before more inputs. */
  addResults(results: Results): Promise<unknown> | undefined {
    return this.#order.add(results.index, results, results.lines.length);
  }

  /** Takes an input without an outcome, because it was aborted. */
  skip(index: number): void {
    this.#source.settle(index);
    this.#order.add(index, undefined);
  }

  /** Resolves when everything is written, or cannot be written. */
  async finish(): Promise<void> {
    await this.#order.finish();
    if (this.#layout) this.#results.text(this.#layout.end());
    await this.#results.finish();
    await this.#errors?.finish();
  }

  #writeResults({ index, lines }: Results): Promise<unknown> | undefined {
    if (this.#layout && !this.#layout.areLaidOut?.(lines)) {
      return this.#layOut(lines.toArray() as string[], (at) => ({ ...UNKNOWN, index: index + at }));
    }
    this.#source.settle(index, lines.length);
    return this.#results.lines(lines.bytes);
  }

  #write(final: Final): Promise<unknown> | undefined {
    const { value } = final;
    if (value === undefined) return this.#writeFailure(final);
    const text = this.#options.envelope ? successEnvelope(this.#placed(final), value) : value;
    if (this.#layout) return this.#layOut([text], () => final);
    this.#source.settle(final.index);
    return this.#results.line(text);
  }

  /** An outcome with the index of its input among all inputs. */
  #placed(final: Final): Final {
    return { ...final, index: this.#source.wholeOf(final.index) };
  }

  /** Lays out and writes the results of neighbouring inputs. */
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
    const full = this.#options.envelope
      ? this.#envelope(failureEnvelope({ ...final, index: origin.index }, error))
      : undefined;
    const json = this.#source.isJson;
    return this.#errors?.line(failedInput(final, origin, { error, json })) ?? full;
  }

  #envelope(text: string): Promise<unknown> | undefined {
    return this.#layout ? this.#results.text(this.#layout.lay([text], () => {})) : this.#results.line(text);
  }
}
