/**
 * Recognizes by its first bytes whether a file is compressed, UTF-16, or not readable as text. This also works for stdin, because
 * it happens when the file is read.
 */

import { UserError } from "../../user_error.ts";
import { type InputFile, readAhead, reading } from "./input_file.ts";
import { BadFile } from "../formats/splitter.ts";
import { joined } from "../../../wire/bytes.ts";

type Byte = number | [from: number, to: number];

type Kind = "gzip" | "zstd" | "utf16le" | "utf16be" | { refused: string };

const TEXT: Byte = [0x09, 0xff];

const NO_MARK =
  "it looks like UTF-16 without a byte order mark: iconv -f utf-16le -t utf-8 FILE | polyloop …";

/** The first signature that matches counts. */
const SIGNATURES: [bytes: Byte[], kind: Kind][] = [
  [[0x1f, 0x8b], "gzip"],
  [[0x28, 0xb5, 0x2f, 0xfd], "zstd"],
  [[[0x50, 0x5f], 0x2a, 0x4d, 0x18], "zstd"],
  [[0xff, 0xfe, 0, 0], { refused: "it is UTF-32: iconv -f utf-32 -t utf-8 FILE | polyloop …" }],
  [[0, 0, 0xfe, 0xff], { refused: "it is UTF-32: iconv -f utf-32 -t utf-8 FILE | polyloop …" }],
  [[0xff, 0xfe], "utf16le"],
  [[0xfe, 0xff], "utf16be"],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], { refused: "it is an xz archive: xz -dc FILE | polyloop …" }],
  [[0x42, 0x5a, 0x68, [0x31, 0x39], 0x31, 0x41, 0x59], {
    refused: "it is a bzip2 archive: bzip2 -dc FILE | polyloop …",
  }],
  [[0x50, 0x4b, 3, 4], {
    refused: "it is a zip archive or a spreadsheet. Unpack it, or save the table as CSV",
  }],
  [bytesOf("SQLite format 3\0"), {
    refused: "it is an SQLite database: sqlite3 -csv -header FILE 'SELECT …' | polyloop …",
  }],
  [bytesOf("PAR1\x15"), { refused: "it is a Parquet file: duckdb -csv -c \"FROM 'FILE'\" | polyloop …" }],
];

/** Signatures that also match texts between NUL bytes, so they do not apply to `--from nul`. */
const UNMARKED: [bytes: Byte[], kind: Kind][] = [
  [[TEXT, 0, TEXT, 0], { refused: NO_MARK }],
  [[0, TEXT, 0, TEXT], { refused: NO_MARK.replace("16le", "16be") }],
];

interface Expected {
  /** Whether it contains lines, without NUL bytes between them. */
  hasLines: boolean;
}

/**
 * A file as UTF-8. A file whose name ends in `.gz` or `.zst` has to be an archive; the first bytes of any other file say what it
 * is. Nothing is read before `read` or `peek` is called. `peek` throws a `UserError` if the file cannot be read.
 *
 * @throws {UserError} if the name is that of a tar archive
 */
export function recognized(file: InputFile, expected: Expected): InputFile {
  // By its name, because the first bytes of a tar archive are the name of a file in it.
  if (/\.(tgz|tar(\.(gz|zst|xz|bz2))?)$/i.test(file.name)) {
    throw new UserError(
      `Cannot read ${file.name}: it is a tar archive. Unpack it: tar -xOf ${file.name} | polyloop …`,
    );
  }
  const named = /\.(gz|zst)$/i.exec(file.name)?.[1].toLowerCase();
  const kind = named === "gz" ? "gzip" : named === "zst" ? "zstd" : undefined;
  return readAs(file, kind, expected);
}

function readAs(file: InputFile, named: "gzip" | "zstd" | undefined, expected: Expected): InputFile {
  let inside: InputFile | undefined;
  const open = async () => {
    const kind = await kindOf(file, named ? { hasLines: false } : expected);
    return inside = await asKind(file, kind ?? named, expected);
  };
  const ahead = readAhead(async () => await (inside ?? await open()).read());
  return {
    ...ahead,
    name: file.name,
    stats: file.stats,
    get size() {
      return inside ? inside.size : file.size;
    },
    peek: () => reading(file.name, ahead.peek),
    close: () => file.close(),
  };
}

async function asKind(file: InputFile, kind: Kind | undefined, expected: Expected): Promise<InputFile> {
  switch (kind) {
    case undefined:
      return file;
    case "gzip":
    case "zstd": {
      const { decompressed } = await import("./decompress.ts");
      return readAs(decompressed(file, kind), undefined, expected);
    }
    case "utf16le":
    case "utf16be":
      return (await import("./utf16.ts")).fromUtf16(file, kind);
    default:
      throw new BadFile(kind.refused);
  }
}

function bytesOf(text: string): Byte[] {
  return Array.from(text, (letter) => letter.charCodeAt(0));
}

/** Reads until one signature matches, or none can. The file can be read from its beginning afterwards. */
async function kindOf(file: InputFile, { hasLines }: Expected): Promise<Kind | undefined> {
  const signatures = hasLines ? [...SIGNATURES, ...UNMARKED] : SIGNATURES;
  let first: Uint8Array = new Uint8Array(0);
  for (;;) {
    const bytes = await file.read();
    first = joined([first, bytes]);
    const candidates = signatures.filter(([signature]) => begins(first, signature));
    const isOpen = candidates.some(([{ length }]) => length > first.length);
    if (isOpen && bytes.length > 0) continue;
    file.unread(first);
    return candidates.find(([{ length }]) => length <= first.length)?.[1];
  }
}

/** Whether these bytes match a signature, up to the end of the shorter one. */
function begins(bytes: Uint8Array, signature: Byte[]): boolean {
  return signature.every((byte, at) => {
    if (at >= bytes.length) return true;
    const [from, to] = typeof byte === "number" ? [byte, byte] : byte;
    return bytes[at] >= from && bytes[at] <= to;
  });
}
