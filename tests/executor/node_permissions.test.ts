/** Permissions on Node: what its processes are held to, and what is refused because Node cannot. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isDeno } from "../program.ts";
import { findNode, onNode, type Scenario } from "./node.ts";

// Each starts programs of Node, which are the same wherever the test runs.
const node = isDeno ? { reason: "they run with the suite on Node" } : findNode();
const reason = "reason" in node ? ` (skipped: ${node.reason})` : "";

/** What Node 24 cannot deny. */
const UNDENIABLE = { net: true, env: true, sys: true };

/** One call after the other, on one worker that may do this much. */
function run(permissions: unknown, calls: Scenario["calls"], module: string | undefined = "curious_node.ts") {
  return onNode((node as { path: string }).path, {
    module,
    options: { isolation: "process", permissions },
    calls,
  });
}

describe.skipIf(reason)(`permissions on Node${reason}`, () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "polyloop-node-"));
    for (const name of ["data", "data2"]) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, "file"), "12345");
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("the module and its imports load, and every access that was not granted fails", async () => {
    const { outcomes, stderr } = await run(UNDENIABLE, [
      ["compute", 21],
      ["read", join(folder, "data", "file")],
      ["write", join(folder, "new")],
      ["start", "echo"],
      ["readInThread", join(folder, "data", "file")],
      ["signalParent"],
      ["importLate"],
      ["hasDatabase"],
    ]);
    const denied = (permission: string) => ({ error: { code: "ERR_ACCESS_DENIED", permission } });
    expect(outcomes).toMatchObject([
      { value: 42 },
      { error: { ...denied("FileSystemRead").error, resource: join(folder, "data", "file") } },
      denied("FileSystemWrite"),
      denied("ChildProcess"),
      denied("WorkerThreads"),
      denied("ChildProcess"),
      denied("FileSystemRead"),
      { value: false },
    ]);
    expect(stderr).not.toContain("SecurityWarning");
  });

  test("what is granted is allowed, and nothing beside it", async () => {
    const granted = {
      ...UNDENIABLE,
      read: [join(folder, "data")],
      // Not there yet.
      write: [join(folder, "out")],
      run: true,
    };
    const { outcomes } = await run(granted, [
      ["read", join(folder, "data", "file")],
      ["read", join(folder, "data2", "file")],
      ["write", join(folder, "out", "deep")],
      ["write", join(folder, "out2")],
      ["start", "echo"],
    ]);
    expect(outcomes).toMatchObject([
      { value: 5 },
      { error: { permission: "FileSystemRead" } },
      {},
      { error: { permission: "FileSystemWrite" } },
      { value: "hello" },
    ]);
  });

  test("inline functions are held to them, too", async () => {
    const readFile = `(path) => process.getBuiltinModule("node:fs").readFileSync(path, "utf8")`;
    const { outcomes } = await onNode((node as { path: string }).path, {
      options: { isolation: "process", permissions: UNDENIABLE },
      calls: [["(n) => n * 2", 4], [readFile, join(folder, "data", "file")]],
    });
    expect(outcomes).toMatchObject([{ value: 8 }, { error: { code: "ERR_ACCESS_DENIED" } }]);
  });

  test("packages may require what they need; what the module itself requires has to be granted", async () => {
    const project = join(folder, "project");
    const files = {
      "node_modules/pack/index.js": "exports.two = require('./two');",
      "node_modules/pack/two.js": "module.exports = 2;",
      "own.cjs": "exports.three = require('./other.cjs');",
      "other.cjs": "module.exports = 3;",
      "packaged.mjs": "import pack from 'pack'; export default () => pack.two;",
      "requires.mjs": "import own from './own.cjs'; export default () => own.three;",
    };
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(join(project, name, ".."), { recursive: true });
      writeFileSync(join(project, name), content);
    }
    const url = (name: string) => pathToFileURL(join(project, name)).href;
    // Packages are looked for from the file's own place, whatever leads to it.
    const packaged = await run(UNDENIABLE, [["default"]], url("packaged.mjs"));
    expect(packaged.outcomes).toEqual([{ value: 2 }]);

    const { outcomes: [{ error }] } = await run(UNDENIABLE, [["default"]], url("requires.mjs"));
    expect(error?.name).toBe("ModuleLoadError");
    expect(error?.message).toMatch(/other\.cjs by require\(\) .* grant this file in permissions\.read$/);
    // Node resolves what is required to where it really is.
    symlinkSync(project, join(folder, "link"));
    const granted = { ...UNDENIABLE, read: [join(folder, "link")] };
    const { outcomes } = await run(granted, [["default"]], url("../link/requires.mjs"));
    expect(outcomes).toEqual([{ value: 3 }]);
  });

  test.each([
    ["no_such_file.ts", /Cannot find module '[^']*no_such_file\.ts'$/],
    ["throws_on_import.ts", /Cannot load file:.*throws_on_import\.ts: /],
  ])("a module that does not load says why: %s", async (module, message) => {
    const { outcomes: [{ error }] } = await run(UNDENIABLE, [["default"]], module);
    expect(error?.message).toMatch(message);
    expect(error?.message).not.toContain("data:");
  });

  test.each([
    [
      { ...UNDENIABLE, run: ["git"], ffi: ["x"] },
      /cannot grant run, ffi by a list: use true or false/,
    ],
    [{ ...UNDENIABLE, env: ["HOME"], sys: false }, /cannot deny env, sys: grant env: true, sys: true/],
    [{ ...UNDENIABLE, read: ["/data*"] }, /takes the \* in \/data\* for any text/],
  ])("what Node cannot enforce is refused: %o", async (permissions, message) => {
    const { outcomes: [{ error }] } = await run(permissions, [["compute", 1]]);
    expect(error).toMatchObject({
      name: "PermissionsUnsupportedError",
      message: expect.stringMatching(message),
    });
  });

  test("threads are refused, with what to use instead", async () => {
    const { outcomes: [{ error }] } = await onNode((node as { path: string }).path, {
      options: { permissions: UNDENIABLE },
      calls: [],
    });
    expect(error?.message).toMatch(/cannot enforce permissions for threads: use isolation "process"/);
  });

  test("grants in NODE_OPTIONS, which Node would add, are refused", async () => {
    const { outcomes: [{ error }] } = await onNode((node as { path: string }).path, {
      options: { isolation: "process", permissions: UNDENIABLE },
      calls: [],
    }, { NODE_OPTIONS: "--permission --allow-fs-read=* --allow-child-process" });
    expect(error?.message).toMatch(/NODE_OPTIONS has permissions/);
  });
});
