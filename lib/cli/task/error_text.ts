/**
 * Formats a thrown value for the user: with file names as the user wrote them, without polyloop's own stack frames, and
 * with `-e` in place of its generated module.
 */

import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { WorkerLostError } from "../../errors.ts";
import { causeText, MOST_CAUSES } from "./cause_text.ts";
import type { ModuleReference } from "./module_reference.ts";
import { loadAdvice } from "./load_advice.ts";
import { ownFolder } from "../../wire/own_file.ts";
import { thrownText } from "../../wire/thrown_text.ts";
import type { ErrorRecord } from "../output/record.ts";
import { deniedAccess } from "./denied.ts";
import { firstLine } from "../progress/format.ts";
import type { Edit } from "./eval_module.ts";

/** URL prefixes of polyloop's own files, wherever it is installed. */
const OWN = [ownFolder().href, new URL("../mod.ts", ownFolder()).href];

/** Files of OpenTelemetry, which wraps every task. Their frames are not the place of an error. */
const INSTRUMENTATION = /[\\/]@opentelemetry[\\/]/;

export class ErrorText {
  readonly #url: string;
  readonly #name: string;
  readonly #edits: Edit[] | undefined;
  readonly #cwd = pathToFileURL(`${process.cwd()}/`).href;

  constructor({ url, edits, name }: ModuleReference) {
    this.#name = name;
    this.#url = url;
    this.#edits = edits;
  }

  /** Returns the error for files: complete, except for polyloop's own frames and the URL of `-e`. */
  record(thrown: unknown): ErrorRecord {
    const { name, message } = this.brief(thrown);
    if (!isError(thrown)) return { name, message, stack: "" };
    const stack = typeof thrown.stack === "string" ? thrown.stack : "";
    return {
      name,
      message,
      stack: withoutOurFrames(this.#clean(withCauses(thrown, stack))),
      ...endOf(thrown),
    };
  }

  /** Returns the name and the message of the error for files, and the reason that its causes give. */
  brief(thrown: unknown): { name: string; message: string; cause?: string } {
    if (!isError(thrown)) return { name: "NonError", message: describe(thrown) };
    const message = this.#clean(deniedAccess(thrown) ?? thrown.message);
    return { name: thrown.name, message, cause: causeText(thrown) };
  }

  /** The error in one line: `TypeError: boom  (tasks.ts:12:9)`. */
  line(thrown: unknown): string {
    if (!isError(thrown)) return `threw ${describe(thrown)}`;
    const where = this.place(thrown);
    const denied = deniedAccess(thrown);
    const cause = denied === undefined ? causeText(thrown) : undefined;
    const said = firstLine(this.show(denied ?? thrown.message));
    const message = [said, this.advice(thrown), cause && firstLine(this.show(cause))].filter(Boolean).join(
      ": ",
    );
    // User code may have emptied the error's name.
    const what = [firstLine(thrown.name), message].filter(Boolean).join(": ") ||
      "an error without name and message";
    return where ? `${what}  (${where})` : what;
  }

  /**
   * Returns the file and line where the error occurred, from its stack or that of a cause. Undefined if there are only
   * frames of the runtime or of polyloop.
   */
  place(error: Error): string | undefined {
    let at: unknown = error;
    for (let depth = 0; depth < MOST_CAUSES && isError(at); depth++, at = at.cause) {
      const place = this.#placeIn(at);
      if (place !== undefined) return place;
    }
    return undefined;
  }

  #placeIn(error: Error): string | undefined {
    const frames = this.#clean(String(error.stack ?? "")).split("\n").filter((line) => /^\s*at /.test(line));
    const places = frames.map(placeOf).filter((place) => place !== undefined)
      .filter((place) => isForeign(place) && !INSTRUMENTATION.test(place));
    // A line in the user's own file is more useful than a line in a package that it calls.
    const place = places.find((place) => !/\/node_modules\/|\/npm\//.test(place)) ?? places[0];
    return place && this.#shorten(place);
  }

  advice(error: Error): string | undefined {
    return loadAdvice(error, this.#name);
  }

  /** Returns the text with paths as the user wrote them. */
  show(text: string): string {
    return this.#shorten(this.#clean(text));
  }

  #clean(text: string): string {
    // deno-lint-ignore no-control-regex -- colours that the runtime put into its messages
    const plain = withUrls(text.replace(/\x1b\[[0-9;]*m/g, ""));
    const edits = this.#edits;
    if (!edits) return plain;
    return plain.replaceAll(this.#url, "-e").replaceAll(abbreviated(this.#url), "-e").replace(
      /-e:(\d+):(\d+)/g,
      (_, line, column) => `-e:${line}:${userColumn(edits, Number(line), Number(column))}`,
    );
  }

  #shorten(text: string): string {
    return text.replaceAll(this.#cwd, "").replace(/file:\/\/\/[^\s"')]*?(?=[:\s"')]|$)/g, (url) => {
      try {
        return fileURLToPath(url);
      } catch {
        return url;
      }
    });
  }
}

/** The column in the user's source of a place in the module that is made of `-e`. */
function userColumn(edits: Edit[], line: number, column: number): number {
  const added = edits.filter((edit) => edit.line === line && edit.column <= column)
    .reduce((sum, edit) => sum + edit.added, 0);
  return Math.max(1, column - added);
}

/** A long data URL as Deno's stacks have it: twenty characters from either end of its data. */
function abbreviated(url: string): string {
  const at = url.indexOf(",") + 1;
  return `${url.slice(0, at + 20)}......${url.slice(-20)}`;
}

/**
 * Makes URLs of the places in stacks. Bun has paths there, `at fn (/tasks.ts:1:2)` or `at fn (C:\tasks.ts:1:2)`, and Deno has URLs
 * with spaces.
 */
function withUrls(text: string): string {
  const frame = /^(\s*at (?:.* \()?)((?:\/|[A-Z]:\\|file:\/\/)[^()\n]*)(:\d+:\d+\)?)$/gm;
  return text.replace(frame, (_, before, place, after) => {
    const url = place.startsWith("file:")
      ? new URL(place)
      : pathToFileURL(place, { windows: place[0] !== "/" });
    return `${before}${url.href}${after}`;
  });
}

/** `at fn (file:///tasks.ts:1:2)`, `at file:///tasks.ts:1:2`, `at async -e:1:2` → the part with the line. */
function placeOf(frame: string): string | undefined {
  return /\(?((?:[a-z][a-z0-9+.-]+:[^()\s]*|-e):\d+:\d+)\)?$/i.exec(frame.trim())?.[1];
}

function isForeign(place: string): boolean {
  return !/^(ext|node|deno|native|internal|bun):/.test(place) && !OWN.some((own) => place.startsWith(own));
}

function withoutOurFrames(stack: string): string {
  const isOurs = (line: string) => {
    const place = /^\s*at /.test(line) ? placeOf(line) : undefined;
    return place !== undefined && !isForeign(place);
  };
  return stack.split("\n").filter((line) => !isOurs(line)).join("\n");
}

function withCauses(error: Error, stack: string): string {
  let text = stack;
  let cause = error.cause;
  for (let depth = 0; cause !== undefined && depth < MOST_CAUSES; depth++) {
    text += `\nCaused by: ${isError(cause) ? cause.stack ?? String(cause) : describe(cause)}`;
    cause = isError(cause) ? cause.cause : undefined;
  }
  return text;
}

function endOf(error: Error): Pick<ErrorRecord, "exitCode" | "signal"> {
  if (!(error instanceof WorkerLostError)) return {};
  const { exitCode, signal } = error;
  return { ...(exitCode === undefined ? {} : { exitCode }), ...(signal === undefined ? {} : { signal }) };
}

function describe(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : thrownText(value);
}

function isError(value: unknown): value is Error {
  return value instanceof Error;
}
