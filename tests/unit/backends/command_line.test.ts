/** The command line of this program, on Linux and as macOS and Windows have it in memory. */
import { expect, test } from "vitest";
import { commandLine } from "../../../lib/backends/command_line.ts";
import { isDeno } from "../../program.ts";

const WORDS = ["deno", "run", "--config=C:\\my dir\\deno.json", "-A", "é.ts"];

/** A Deno whose addresses are the values themselves. */
function fakeDeno(os: string, ffi: string): Parameters<typeof commandLine>[0] {
  const functions: Record<string, (...args: unknown[]) => object> = {
    _NSGetArgc: () => [WORDS.length],
    _NSGetArgv: () => [WORDS],
    GetCommandLineW: () => WORDS,
    CommandLineToArgvW(line, count) {
      (count as Int32Array)[0] = (line as string[]).length;
      return WORDS;
    },
  };
  class View {
    readonly at: unknown;
    constructor(at: unknown) {
      this.at = at;
    }
    getInt32 = () => (this.at as number[])[0];
    getPointer = (offset = 0) => (this.at as object[])[offset / 8];
    getCString = () => this.at as string;
    getUint16 = (offset: number) => (this.at as string).charCodeAt(offset / 2) || 0;
  }
  return {
    build: { os },
    readTextFileSync: () => expect.unreachable("/proc"),
    permissions: { querySync: () => ({ state: ffi }) },
    dlopen: () => ({ symbols: functions }),
    UnsafePointerView: View,
  };
}

test.each(["darwin", "windows"])("on %s the system's libraries tell it", (os) => {
  expect(commandLine(fakeDeno(os, "granted"))).toEqual(WORDS);
  expect(commandLine(fakeDeno(os, "prompt"))).toEqual([]);
});

test.runIf(isDeno && Deno.build.os === "linux")("on Linux, a file tells it", () => {
  expect(commandLine(Deno as never)[0]).toMatch(/deno$/);
});
