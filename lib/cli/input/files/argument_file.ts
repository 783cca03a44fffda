/** The arguments after `--`, as a file with a line for each. They may contain newlines, so each becomes a line of JSON. */

import { refusalLine } from "../../../wire/refusal.ts";
import { type InputFile, readAhead } from "./input_file.ts";

/** @param options `json`: whether arguments are JSON values. If not, they are texts. */
export function argumentFile(args: string[], { json }: { json: boolean }): InputFile {
  const lines = args.map((arg) => `${json ? oneLine(arg) : JSON.stringify(arg)}\n`);
  let bytes = new TextEncoder().encode(lines.join(""));
  return {
    name: "the arguments",
    stats: undefined,
    size: bytes.length,
    ...readAhead(() => {
      const all = bytes;
      bytes = new Uint8Array(0);
      return Promise.resolve(all);
    }),
    close() {},
  };
}

/** A JSON value on one line. Only values with newlines are parsed, because few have any. */
function oneLine(arg: string): string {
  if (!arg.includes("\n")) return arg;
  try {
    return JSON.stringify(JSON.parse(arg));
  } catch (error) {
    return refusalLine({ message: `The input is not valid JSON: ${(error as Error).message}`, found: arg });
  }
}
