import { AsyncLocalStorage } from "node:async_hooks";
import * as fs from "node:fs";
import * as whole from "node:path";
import { dirname } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
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
        (from: typeof light | typeof fs, at: string) => from.readlinkSync(at),
      ];
      for (const at of [`${folder}/nothing`, `${folder}/dangling`, `${folder}/file/below`, "", "a\0b"]) {
        expect([at, light.existsSync(at)]).toEqual([at, fs.existsSync(at)]);
        for (const call of calls) expect(errorOf(() => call(light, at))).toEqual(errorOf(() => call(fs, at)));
      }
    });
  });

  describe("node:fs, of files that are open", () => {
    const { O_WRONLY, O_CREAT, O_EXCL } = fs.constants;
    let path: string;
    beforeAll(() => path = `${fs.mkdtempSync("/tmp/light-node-")}/file`);
    afterAll(() => fs.rmSync(dirname(path), { recursive: true }));

    test("written and read", async () => {
      const light = await import("../../../scripts/bundle/node/fs.ts");
      const text = new TextEncoder().encode("-abc-");
      expect([O_WRONLY, O_CREAT, O_EXCL].map(Number)).toEqual(
        [light.constants.O_WRONLY, light.constants.O_CREAT, light.constants.O_EXCL],
      );
      const made = light.openSync(path, O_WRONLY | O_CREAT | O_EXCL, 0o600);
      expect(await new Promise((done) => light.write(made, text, 1, 3, null, (_, length) => done(length))))
        .toBe(3);
      expect(light.writeSync(made, text.subarray(0, 1))).toBe(1);
      light.closeSync(made);
      expect(fs.readFileSync(path, "utf8")).toBe("abc-");
      expect(fs.statSync(path).mode & 0o777).toBe(0o600);
      // Its content stays, and the next write begins at its start.
      const again = light.openSync(path, O_WRONLY | O_CREAT, 0o666);
      expect((light.fstatSync(again) as fs.Stats).size).toBe(4);
      light.writeSync(again, text.subarray(2, 3));
      expect(fs.readFileSync(path, "utf8")).toBe("bbc-");
      light.ftruncateSync(again);
      expect(fs.statSync(path).size).toBe(0);
      fs.writeFileSync(path, "wxyz");
      const source = light.openSync(path, "r");
      const bytes = new Uint8Array(6);
      expect(light.readSync(source, new DataView(bytes.buffer, 0, 1))).toBe(1);
      const read = () =>
        new Promise((done) => light.read(source, bytes, 1, 5, null, (_, length) => done(length)));
      expect([await read(), await read()]).toEqual([3, 0]);
      expect(new TextDecoder().decode(bytes.subarray(0, 4))).toBe("wxyz");
      light.unlinkSync(path);
      expect((light.fstatSync(source) as fs.Stats).nlink).toBe(0);
      for (const fd of [again, source]) light.closeSync(fd);
    });

    test("that cannot be opened or removed, with the same error", async () => {
      const light = await import("../../../scripts/bundle/node/fs.ts");
      fs.writeFileSync(path, "");
      for (
        const [at, flags] of [["/nothing/here", "r"], [path, O_WRONLY | O_CREAT | O_EXCL], [
          "/",
          O_WRONLY,
        ]] as const
      ) {
        expect(errorOf(() => light.openSync(at, flags))).toEqual(errorOf(() => fs.openSync(at, flags)));
      }
      expect(errorOf(() => light.unlinkSync(dirname(path)))).toEqual(
        errorOf(() => fs.unlinkSync(dirname(path))),
      );
    });

    test("and what is no regular file has a descriptor of the system", async () => {
      const light = await import("../../../scripts/bundle/node/fs.ts");
      const fd = light.openSync("/dev/null", O_WRONLY | O_CREAT, 0o666);
      expect(fs.fstatSync(fd).isCharacterDevice()).toBe(true);
      light.closeSync(fd);
    });
  });

  test("node:path", async () => {
    const light = await import("../../../scripts/bundle/node/path.ts");
    const parts = ["", ".", "..", "a", "b.c", ".d", "a.", "..a", "é x"];
    const paths = parts.flatMap((one) =>
      parts.flatMap((
        other,
      ) => [one, `/${one}`, `${one}/${other}`, `/${one}/${other}/`, `${one}//${other}//`, `//${one}`])
    );
    for (const at of paths) {
      for (const call of ["dirname", "basename", "extname", "isAbsolute", "join", "resolve"] as const) {
        expect([call, at, light[call](at)]).toEqual([call, at, whole[call](at)]);
      }
      for (const other of ["../x", "/y/", "", ".."]) {
        expect([at, other, light.join(at, other)]).toEqual([at, other, whole.join(at, other)]);
        expect([at, other, light.resolve(other, at)]).toEqual([at, other, whole.resolve(other, at)]);
      }
    }
    expect(light.basename("a.js", ".js")).toBe("a");
    expect(light.sep).toBe(whole.sep);
  });

  test("node:url", async () => {
    const light = await import("../../../scripts/bundle/node/url.ts");
    for (
      const path of ["/a/b.ts", "a/", "/a b/%41", "../x", "/a/../b", "//a", "/é", "/", "", "./a#b?c", "/a\\b"]
    ) {
      expect([path, light.pathToFileURL(path).href]).toEqual([path, pathToFileURL(path).href]);
      const url = pathToFileURL(path);
      expect([path, light.fileURLToPath(url), light.fileURLToPath(url.href)]).toEqual(
        [path, fileURLToPath(url), fileURLToPath(url.href)],
      );
    }
    for (
      const url of ["file:///a/../b", "file:///a%2fb", "https://a/b", "file://host/a", "a", "file:///a?b#c"]
    ) {
      const call = (from: typeof fileURLToPath) => errorOf(() => from(url));
      expect([url, call(light.fileURLToPath)]).toEqual([url, call(fileURLToPath)]);
    }
  });

  test("node:events", async () => {
    const { EventEmitter } = await import("../../../scripts/bundle/node/events.ts");
    const heard: unknown[] = [];
    const emitter = new EventEmitter();
    emitter.on("a", function (this: unknown, ...given) {
      heard.push(this === emitter, ...given);
    }).on("a", () => heard.push("second"));
    expect([emitter.emit("a", 1, 2), emitter.emit("b"), emitter.listenerCount("a")]).toEqual([
      true,
      false,
      2,
    ]);
    expect(heard).toEqual([true, 1, 2, "second"]);
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

  test("timers", async () => {
    const light = await import("../../../scripts/bundle/node/timers.ts");
    const store = new AsyncLocalStorage();
    const heard: unknown[] = [];
    await store.run("caller", () =>
      new Promise<void>((done) => {
        light.clearTimeout(light.setTimeout(() => heard.push("cleared"), 1));
        (light.setTimeout(() => heard.push("late"), 1e6) as unknown as { unref(): void }).unref();
        light.setTimeout((...given) => heard.push(store.getStore(), ...given), 1, "a", "b");
        const ticking = light.setInterval(() => {
          heard.push("tick");
          if (heard.length === 5) done(light.clearInterval(ticking));
        }, 3);
      }));
    expect(heard).toEqual(["caller", "a", "b", "tick", "tick"]);
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
