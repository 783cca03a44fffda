import * as fs from "node:fs";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

/** The light modules are made for bundles of Deno. */
const isDeno = "Deno" in globalThis;

describe.skipIf(!isDeno)("a light module of Node gives what the whole one gives", () => {
  describe("node:fs", () => {
    let folder: string;
    beforeAll(() => {
      folder = fs.mkdtempSync("/tmp/light-node-");
      fs.writeFileSync(`${folder}/file`, "\ufeffä\n");
      fs.writeFileSync(`${folder}/bytes`, new Uint8Array([0xff, 0x61]));
      fs.symlinkSync("file", `${folder}/link`);
      fs.symlinkSync("nothing", `${folder}/dangling`);
    });
    afterAll(() => fs.rmSync(folder, { recursive: true }));

    test("of files, folders and links", async () => {
      const light = await import("../../../scripts/bundle/node/fs.ts");
      const kinds = [
        "isFile",
        "isDirectory",
        "isSymbolicLink",
        "isFIFO",
        "isSocket",
        "isCharacterDevice",
      ] as const;
      for (const name of ["file", "bytes", "link", "."]) {
        const at = `${folder}/${name}`;
        const [own, whole] = [light.statSync(at) as fs.Stats, fs.statSync(at)];
        for (const kind of kinds) expect([name, kind, own[kind]()]).toEqual([name, kind, whole[kind]()]);
        for (const field of ["dev", "ino", "size", "mode", "nlink"] as const) {
          expect([name, field, own[field]]).toEqual([name, field, whole[field]]);
        }
        expect(light.existsSync(at)).toBe(true);
        expect(light.realpathSync(at)).toBe(fs.realpathSync(at));
      }
      expect((light.statSync("/dev/null") as fs.Stats).isCharacterDevice()).toBe(true);
      expect(light.readFileSync(`${folder}/link`, "utf8")).toBe("\ufeffä\n");
      expect(light.readFileSync(`${folder}/bytes`, "utf8")).toBe("\ufffda");
    });

    test("of what is missing or refused, with the same error", async () => {
      const light = await import("../../../scripts/bundle/node/fs.ts");
      const calls = [
        (from: typeof light | typeof fs, at: string) => from.statSync(at),
        (from: typeof light | typeof fs, at: string) => from.readFileSync(at, "utf8"),
        (from: typeof light | typeof fs, at: string) => from.realpathSync(at),
      ];
      for (const at of [`${folder}/nothing`, `${folder}/dangling`, `${folder}/file/below`, "", "a\0b"]) {
        expect([at, light.existsSync(at)]).toEqual([at, fs.existsSync(at)]);
        for (const call of calls) expect(errorOf(() => call(light, at))).toEqual(errorOf(() => call(fs, at)));
      }
    });
  });

  test("node:process", async () => {
    const light = (await import("../../../scripts/bundle/node/process.ts")).default;
    expect(light.platform).toBe(process.platform);
    expect(light.pid).toBe(process.pid);
    expect(light.cwd()).toBe(process.cwd());
    expect(light.argv.slice(2)).toEqual(process.argv.slice(2));
    expect(light.env.PATH).toBe(process.env.PATH);
    expect(light.env.NO_SUCH_VARIABLE).toBeUndefined();
    expect({ ...light.env }).toEqual({ ...process.env });
    const { user, system } = light.cpuUsage();
    expect(user + system).toBeGreaterThan(0);
    expect(light.execPath).toBe(process.execPath);
    const { promise, resolve } = Promise.withResolvers<void>();
    light.on("SIGUSR2", resolve);
    process.kill(process.pid, "SIGUSR2");
    await promise;
    light.off("SIGUSR2", resolve);
  });
});

function errorOf(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    const { name, message, code } = error as Error & { code?: string };
    return { name, message, code };
  }
}
