/**
 * The arguments after `--`, as if they were lines of a file. They may hold newlines, so each travels as JSON.
 *
 * @module
 */

import { refusalLine } from "../../../wire/refusal.ts";
import type { InputFile } from "./input_file.ts";

/** Each argument is a text, or a JSON value where `json` says so. */
export function argumentFile(args: string[], { json }: { json: boolean }): InputFile {
  const lines = args.map((arg) => `${json ? oneLine(arg) : JSON.stringify(arg)}\n`);
  let bytes = new TextEncoder().encode(lines.join(""));
  return {
    name: "the arguments",
    stats: undefined,
    size: bytes.length,
    read() {
      const all = bytes;
      bytes = new Uint8Array(0);
      return Promise.resolve(all);
    },
    peek: () => Promise.resolve(bytes),
    close() {},
  };
}

/** JSON may hold newlines. There are few arguments, and none of them with a newline as a rule. */
function oneLine(arg: string): string {
  if (!arg.includes("\n")) return arg;
  try {
    return JSON.stringify(JSON.parse(arg));
  } catch (error) {
    return refusalLine({ message: `The input is not valid JSON: ${(error as Error).message}`, found: arg });
  }
}
