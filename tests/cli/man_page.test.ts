/** `polyloop help --man`: the manual page as `man` shows it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { startSync } from "../program.ts";
import { folder, polyloop } from "./polyloop.ts";

const hasGroff = startSync("groff", ["--version"]).status === 0;

describe("the manual page", () => {
  test.skipIf(!hasGroff)(
    "is formatted without a warning, and has commands, flags, topics and exit codes",
    async () => {
      using dir = folder();
      const { code, stdout, stderr } = await polyloop(["help", "--man"]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      const path = join(dir.path, "polyloop.1");
      writeFileSync(path, stdout);
      const shown = startSync("groff", ["-man", "-Tutf8", "-ww", "-P-cbou", path]);
      expect({ status: shown.status, stderr: shown.stderr }).toEqual({ status: 0, stderr: "" });
      for (const part of ["SYNOPSIS", "EXIT STATUS", "TELEMETRY"]) {
        expect(shown.stdout).toMatch(
          new RegExp(`^${part}$`, "m"),
        );
      }
      expect(shown.stdout).toMatch(/^ +--first N\n +Run +only +the +first +N +inputs/m);
      expect(shown.stdout).toContain("export async function fetchPage(url, { signal }) {");
      expect(shown.stdout).toContain("-e 'async (x) => …'");
    },
  );
});
