/** The keys of one system: Ctrl-Break of Windows, Ctrl-T of macOS. */
import process from "node:process";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ErrorKinds } from "../../../../lib/cli/progress/error_kinds.ts";
import { startProgress } from "../../../../lib/cli/progress/progress.ts";

vi.mock("../../../../lib/cli/progress/figures.ts", () => ({
  Meter: class {
    read = () => ({
      done: 1,
      elapsedMs: 5,
      perSecond: 1,
      failed: 0,
      retries: 0,
      inFlight: 2,
      sums: { counts: [] },
    });
  },
}));

const printed: string[] = [];
vi.mock("../../../../lib/cli/progress/terminal.ts", () => ({
  printLine: (line: string) => printed.push(line),
  isTerminal: () => false,
}));

const PLATFORM = Object.getOwnPropertyDescriptor(process, "platform")!;
let listeners: Map<string, () => void>;

beforeEach(() => {
  listeners = new Map();
  vi.spyOn(process, "on").mockImplementation((name: string | symbol, listener: () => void) => {
    listeners.set(String(name), listener);
    return process;
  });
});
afterEach(() => {
  Object.defineProperty(process, "platform", PLATFORM);
  vi.restoreAllMocks();
});

function pretendToBe(platform: string): void {
  Object.defineProperty(process, "platform", { value: platform, configurable: true });
}

test("Ctrl-Break is Ctrl-C on Windows", async () => {
  pretendToBe("win32");
  vi.resetModules();
  const { SignalWatch } = await import("../../../../lib/cli/signals/watch.ts");
  const drain = vi.fn();
  const watch = new SignalWatch({ drain, abort() {}, leave() {} });
  listeners.get("SIGBREAK")!();
  expect(drain).toHaveBeenCalledOnce();
  expect(watch.first).toBe("SIGINT");
  watch.stop();
});

test.each([["darwin", 1], ["linux", 0]])("on %s, Ctrl-T prints %d lines", (platform, lines) => {
  pretendToBe(platform);
  printed.length = 0;
  const { stop } = startProgress({
    options: { progress: "plain" },
    tally: {} as never,
    host: { stats: () => ({}) as never },
    oldest: () => undefined,
    kinds: new ErrorKinds(),
    retryKinds: new ErrorKinds(),
  });
  listeners.get("SIGINFO")?.();
  expect(printed).toHaveLength(lines);
  stop();
});
