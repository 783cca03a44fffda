/**
 * A file whose first piece holds its first line, so that a header is known before anything runs, however it arrives.
 *
 * @module
 */

import type { InputFile } from "./input_file.ts";
import { withFirst } from "./recognize.ts";
import { joined } from "./splitter.ts";

const [NEWLINE, RETURN] = [10, 13];

/** No header is longer than this, in bytes: what has no line end is read no further ahead. */
const LONGEST = 64 * 1024 * 1024;

/** Reads on until there is a line end. */
export function firstLine(file: InputFile): InputFile {
  let opened: InputFile | undefined;
  const open = async () => opened ??= withFirst(file, await beginning(file));
  return {
    name: file.name,
    stats: file.stats,
    get size() {
      return file.size;
    },
    read: async () => await (opened ?? await open()).read(),
    peek: async () => {
      // So what cannot be read is told in the file's words.
      if (!opened) await file.peek();
      return await (await open()).peek();
    },
    close: () => file.close(),
  };
}

async function beginning(file: InputFile): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for (let length = 0; length < LONGEST;) {
    const bytes = new Uint8Array(await file.read());
    pieces.push(bytes);
    length += bytes.length;
    if (bytes.length === 0 || bytes.includes(NEWLINE) || bytes.includes(RETURN)) break;
  }
  return joined(pieces);
}
