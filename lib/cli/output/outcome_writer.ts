/** Writes outcomes: results to the output, failed inputs to the file of `--errors`. */

import type { EarlyOutputs } from "../../executor/tasks/feed.ts";
import { InOrder } from "../../executor/calls/in_order.ts";
import type { Lines } from "../../wire/lines.ts";
import { isMany, linesOf, outputsOf } from "../../wire/many.ts";
import type { LineSource } from "../input/line_source.ts";
import type { Origin } from "../input/origin.ts";
import type { Places } from "../input/places.ts";
import type { RunOptions } from "../flags/options.ts";
import { systemReason } from "../user_error.ts";
import type { Layout } from "./layout.ts";
import type { OutputFiles } from "./output_files.ts";
import {
  type ErrorRecord,
  failedInput,
  failureEnvelope,
  type FullEnvelope,
  NOWHERE,
  successEnvelope,
  type Whereabouts,
} from "./record.ts";
import { TextWriter } from "./text_writer.ts";

export interface Final {
  index: number;
  attempts: number;
  ms: number;
  /** The result as text; undefined if the input failed. */
  value: string | undefined;
  /** The error of a failed input; undefined if no file needs it. */
  error: ErrorRecord | undefined;
  /** What the attempt that gave the outcome has counted, by name; undefined if nothing. */
  counts?: Record<string, number>;
  /** When and where it ran, for `--envelope=full`; undefined without. */
  where?: Whereabouts;
  before?: boolean;
  added?: string[];
}

interface Results {
  index: number;
  lines: Lines;
}

interface Early {
  outputs: string;
  early: EarlyOutputs;
  /** Whether the worker may already send more. */
  isGranted: boolean;
}

interface OutcomeWriterInit {
  options: RunOptions;
  files: OutputFiles;
  source: LineSource;
  isJson: boolean;
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
  readonly #places: Places;
  readonly #isJson: boolean;
  readonly #layout: Layout | undefined;
  readonly #misfit: OutcomeWriterInit["misfit"];
  readonly #order: InOrder<Final | Results | Early>;
  readonly #again = new Set<number>();
  readonly #results: TextWriter;
  readonly #errors: TextWriter | undefined;

  constructor({ options, files, source, isJson, layout, misfit, giveUp }: OutcomeWriterInit) {
    const cannotWrite = (name: string) => (error: NodeJS.ErrnoException) =>
      giveUp(error.code === "EPIPE" ? undefined : `Cannot write to ${name}: ${systemReason(error)}`);
    this.#options = options;
    this.#source = source;
    this.#places = source.places;
    this.#isJson = isJson;
    this.#layout = layout;
    this.#misfit = misfit;
    this.#order = new InOrder(
      !options.unordered,
      (outcome) => {
        if ("lines" in outcome) return this.#writeResults(outcome);
        return "early" in outcome ? this.#writeEarly(outcome) : this.#write(outcome);
      },
      {
        onWait: (outcome, waits) => source.hold(waits ? sizeOf(outcome) : -sizeOf(outcome)),
        turns: source.added?.queue,
      },
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
    const { index, value, added } = final;
    this.#again.delete(index);
    this.#source.ran(index, 1);
    if (added) this.#source.add(index, added);
    if (value === undefined) this.#order.dropParts(index);
    return this.#order.add(final.index, final);
  }

  /** Takes the results of several inputs, without envelopes. The caller awaits what it returns before more inputs. */
  addResults(results: Results): Promise<unknown> | undefined {
    const { index, lines } = results;
    this.#source.ran(index, lines.length);
    if (lines.length === 1 || !this.#source.added?.queue.hasTurn(index)) {
      return this.#order.add(index, results, lines.length);
    }
    let pause: Promise<unknown> | undefined;
    for (let at = 0; at < lines.length; at++) {
      pause = this.#order.add(index + at, { index: index + at, lines: lines.slice(at, at + 1) }) ?? pause;
    }
    return pause;
  }

  /** Takes an input without an outcome, because it was aborted. */
  skip(index: number): void {
    this.#again.delete(index);
    this.#order.dropParts(index);
    this.#source.settle(index);
    this.#order.add(index, undefined);
  }

  /** Takes outputs of an input whose outcome follows. The caller awaits what it returns before more inputs. */
  addEarly(index: number, early: EarlyOutputs): Promise<unknown> | undefined {
    this.#again.delete(index);
    const part = { outputs: early.outputs as string, early, isGranted: false };
    if (this.#again.size > 0) grant(part);
    return this.#order.addPart(index, part);
  }

  /** An attempt of an input has failed, and another will follow. What it has yielded is void. */
  retried(index: number): void {
    this.#order.dropParts(index);
    // It needs a slot, and the tasks that wait for its outputs may hold them all.
    this.#again.add(index);
    for (const part of this.#order.waitingParts()) if ("early" in part) grant(part);
  }

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
    const { value, added } = final;
    if (added) this.#source.place(final.index);
    if (value === undefined) return this.#writeFailure(final);
    if (isMany(value)) return this.#writeMany(final, value);
    const text = this.#options.envelope ? this.#successEnvelope(final, value) : value;
    if (this.#layout) return this.#layOut([text], () => final);
    this.#source.settle(final.index);
    return this.#results.line(text);
  }

  #successEnvelope(final: Final, value: string): string {
    if (this.#options.envelope !== "full") {
      const { attempts, ms } = final;
      return successEnvelope({ index: this.#places.finalIndexOf(final.index), attempts, ms }, value);
    }
    const origin = this.#places.finalOriginOf(final.index);
    return successEnvelope({ ...final, index: origin.index }, value, this.#fullOf(final, origin));
  }

  #fullOf({ where = NOWHERE }: Final, { line }: Pick<Origin, "line">): FullEnvelope | undefined {
    return this.#options.envelope === "full" ? { where, line, json: this.#isJson } : undefined;
  }

  #writeMany(final: Final, value: string): Promise<unknown> | undefined {
    try {
      const pause = this.#writeOutputs(value);
      this.#source.settle(final.index);
      return pause;
    } catch (error) {
      return this.#writeMisfit(final, error as Error);
    }
  }

  #writeEarly(part: Early): Promise<unknown> | undefined {
    const { outputs, early } = part;
    early.pass();
    try {
      const pause = this.#writeOutputs(outputs);
      if (!pause) grant(part);
      return pause?.then(() => grant(part));
    } catch (error) {
      early.refuse(error);
    }
  }

  /** @throws {TypeError} if the layout cannot hold one of the outputs */
  #writeOutputs(many: string): Promise<unknown> | undefined {
    if (this.#layout) return this.#results.text(this.#layout.layAll(outputsOf(many)));
    const lines = linesOf(many);
    return lines === undefined ? undefined : this.#results.line(lines);
  }

  #layOut(texts: string[], finalOf: (at: number) => Final): Promise<unknown> | undefined {
    const { index } = finalOf(0);
    let settled = 0;
    const text = this.#layout!.lay(texts, (at, error) => {
      this.#source.settle(index + settled, at - settled);
      settled = at + 1;
      this.#writeMisfit(finalOf(at), error);
    });
    this.#source.settle(index + settled, texts.length - settled);
    return this.#results.text(text);
  }

  #writeMisfit(final: Final, error: Error): Promise<unknown> | undefined {
    const { name, message } = error;
    const failed = { ...final, value: undefined, error: { name, message, stack: `${name}: ${message}` } };
    this.#misfit(failed, error);
    return this.#writeFailure(failed);
  }

  #writeFailure(final: Final): Promise<unknown> | undefined {
    const origin = this.#places.finalOriginOf(final.index);
    this.#source.settle(final.index);
    const { error } = final;
    if (!error) return undefined;
    const run = { ...final, index: origin.index };
    const full = this.#options.envelope
      ? this.#envelope(failureEnvelope(run, error, this.#fullOf(final, origin)))
      : undefined;
    const json = this.#isJson;
    return this.#errors?.line(failedInput(final, origin, { error, json })) ?? full;
  }

  #envelope(text: string): Promise<unknown> | undefined {
    return this.#layout ? this.#results.text(this.#layout.lay([text], () => {})) : this.#results.line(text);
  }
}

function grant(part: Early): void {
  if (part.isGranted) return;
  part.isGranted = true;
  part.early.grant();
}

/** Size of an outcome that waits for those of earlier inputs, in bytes or characters. */
function sizeOf(outcome: Final | Results | Early): number {
  if ("lines" in outcome) return outcome.lines.bytes.length;
  return "early" in outcome ? outcome.outputs.length : outcome.value?.length ?? 0;
}
