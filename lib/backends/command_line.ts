/** The command line with which this program was started, as the system has it. Deno hides its own options from the program. */

/** An address in memory. */
type Pointer = object;

interface View {
  getInt32(): number;
  getPointer(offset?: number): Pointer | null;
  getCString(): string;
  getUint16(offset: number): number;
}

/** The part of Deno that is used here. */
export interface DenoLike {
  build: { os: string };
  readTextFileSync(path: string): string;
  permissions: { querySync(descriptor: { name: "ffi" }): { state: string } };
  dlopen(library: string, functions: object): { symbols: Record<string, (...args: unknown[]) => Pointer> };
  UnsafePointerView: new (at: Pointer) => View;
}

/** The functions that return the command line. */
const MAC = {
  _NSGetArgc: { parameters: [], result: "pointer" },
  _NSGetArgv: { parameters: [], result: "pointer" },
};
const WINDOWS = { GetCommandLineW: { parameters: [], result: "pointer" } };
const WINDOWS_SHELL = { CommandLineToArgvW: { parameters: ["pointer", "buffer"], result: "pointer" } };

/**
 * Returns the words of the command: Deno, its options, the program and its arguments. None if the system does not tell, or if
 * the program lacks the permission to ask: for `/proc` on Linux, for the C library elsewhere.
 */
export function commandLine(Deno: DenoLike): string[] {
  try {
    if (Deno.build.os === "linux") {
      return Deno.readTextFileSync("/proc/self/cmdline").split("\0").slice(0, -1);
    }
    if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") return [];
    return Deno.build.os === "windows" ? ofWindows(Deno) : ofMac(Deno);
  } catch {
    return [];
  }
}

function ofMac(Deno: DenoLike): string[] {
  const { _NSGetArgc, _NSGetArgv } = Deno.dlopen("/usr/lib/libSystem.B.dylib", MAC).symbols;
  const at = (pointer: Pointer) => new Deno.UnsafePointerView(pointer);
  const words = at(at(_NSGetArgv()).getPointer()!);
  return wordsAt(at(_NSGetArgc()).getInt32(), (word) => at(words.getPointer(8 * word)!).getCString());
}

function ofWindows(Deno: DenoLike): string[] {
  const { GetCommandLineW } = Deno.dlopen("kernel32.dll", WINDOWS).symbols;
  const { CommandLineToArgvW } = Deno.dlopen("shell32.dll", WINDOWS_SHELL).symbols;
  const count = new Int32Array(1);
  const words = new Deno.UnsafePointerView(CommandLineToArgvW(GetCommandLineW(), count));
  return wordsAt(count[0], (word) => {
    const text = new Deno.UnsafePointerView(words.getPointer(8 * word)!);
    const units: number[] = [];
    for (let unit; (unit = text.getUint16(2 * units.length)) !== 0;) units.push(unit);
    return String.fromCharCode(...units);
  });
}

function wordsAt(count: number, word: (at: number) => string): string[] {
  return Array.from({ length: count }, (_, at) => word(at));
}
