/** The standard streams, and the device NUL, of which Deno on Windows tells nothing: `fstat` and `stat` of them fail. */
import type * as Fs from "node:fs";

import { expect, test, vi } from "vitest";
import { openInput } from "../../../../lib/cli/input/files/input_file.ts";
import { refuseSharedFiles } from "../../../../lib/cli/output/file_roles.ts";
import { checkOutputs, openOutputs } from "../../../../lib/cli/output/output_files.ts";
import { isStdinTerminal } from "../../../../lib/cli/stdio/stdio.ts";

vi.mock("node:fs", async (original) => {
  const fs = await original<typeof Fs>();
  const isDevice = (stats: Fs.Stats) => stats.isCharacterDevice();
  const refused = () => Object.assign(new Error("EINVAL: invalid argument, fstat"), { code: "EINVAL" });
  const tell = (stats: Fs.Stats, fd?: number) => {
    if (fd !== undefined && fd <= 2 || isDevice(stats)) throw refused();
    return stats;
  };
  const seen = {
    ...fs,
    fstatSync: (fd: number) => tell(fs.fstatSync(fd), fd),
    statSync: (path: string) => tell(fs.statSync(path)),
  };
  return { ...seen, default: seen };
});

const NUL = "/dev/null";

test("stdin is an input of unknown size, and no terminal", () => {
  const input = openInput("-");
  expect([input.name, input.stats, input.size]).toEqual(["stdin", undefined, undefined]);
  expect(isStdinTerminal()).toBe(false);
});

test("results go to stdout or to the device", async () => {
  refuseSharedFiles({ output: "-", errors: NUL }, { input: { stats: [] }, module: "file:///nothing.ts" });
  checkOutputs({ output: NUL });
  const outputs = await openOutputs({ output: NUL });
  outputs.empty();
  expect(outputs.deleted()).toEqual([]);
  outputs.close();
});
