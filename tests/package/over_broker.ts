/** Programs of users that import `…/distributed`, from wherever they have it. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { expect, test } from "vitest";
import { ROOT } from "../cli/polyloop.ts";
import { RedisServer } from "../distributed/redis.ts";
import { start } from "../program.ts";
import { bunPath, EMPTY_CACHE, HOME, HOST, installed } from "./artefacts.ts";
import { FILES } from "./fixture.ts";

/** A place where a program has it. */
interface Place {
  name: string;
  /** What it imports. */
  library: string;
  command: [string, ...string[]];
  env?: Record<string, string>;
  /** Where it lies. */
  folder: string;
}

/** Everything that can be had here. */
export const PLACES: Place[] = [
  {
    name: "the source on Deno",
    library: join(ROOT, "lib/distributed/mod.ts"),
    command: [process.execPath, "run", "-A"],
    folder: HOME,
  },
  {
    // Beside no node_modules: the packages are in Deno's cache alone.
    name: "the URL on Deno",
    library: `${HOST}/lib/distributed/mod.ts`,
    command: [process.execPath, "run", "-A", "--quiet"],
    env: EMPTY_CACHE,
    folder: HOME,
  },
  ...(installed ? onNpm(installed) : []),
];

function onNpm({ folder, env }: NonNullable<typeof installed>): Place[] {
  const place = { library: "@polyloop/polyloop/distributed", folder };
  return [
    { ...place, name: "the npm package on Node", command: ["node"], env },
    ...(bunPath ? [{ ...place, name: "the npm package on Bun", command: [bunPath] as [string] }] : []),
  ];
}

/** Defines the cases for one of them. */
export function brokerCases({ name, library, command: [program, ...args], env, folder }: Place): void {
  test("serves tasks, and runs them, one and many", async () => {
    await using redis = await RedisServer.start();
    const home = join(folder, `${name} over a broker`.replaceAll(" ", "-"));
    mkdirSync(home);
    writeFileSync(join(home, "tasks.ts"), FILES["tasks.ts"]);
    writeFileSync(join(home, "lib.ts"), FILES["lib.ts"]);
    const main = `
      import { DistributedExecutor, serveTasks } from ${JSON.stringify(library)};
      const tasks = new URL("./tasks.ts", import.meta.url);
      const options = { redis: ${JSON.stringify(redis.url)} };
      await using server = await serveTasks(tasks, { ...options, workers: 1 });
      await using executor = new DistributedExecutor(tasks, options);
      const many = await executor.map("double", [1, 2, 3]).toArray();
      const error = await executor.run("double", 13).catch(({ name, message }) => ({ name, message }));
      console.log(JSON.stringify({ one: await executor.run("double", 21), many, error }));
    `;
    writeFileSync(join(home, "main.ts"), main);
    // More than once: what a cache holds by then must not matter.
    for (let time = 0; time < 3; time++) {
      const { code, out, err } = await start(program, [...args, "main.ts"], "", { cwd: home, env });
      expect(code, err).toBe(0);
      expect(JSON.parse(out)).toEqual({
        one: 42,
        many: [2, 4, 6],
        error: { name: "RangeError", message: "13 brings bad luck" },
      });
    }
  });
}
