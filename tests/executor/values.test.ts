/**
 * The table of values: what becomes of each kind as an input, a result, a report, a yielded value and a
 * field of an error, on every isolation. Equal, equal but for the class, or refused alone, with the place: never changed silently.
 */
import { expect, test } from "vitest";
import { Executor, type Isolation, TaskCloneError } from "../../mod.ts";
import { startSource } from "../program.ts";
import { KINDS, verdict } from "./fixtures/values.ts";

type Tasks = typeof import("./fixtures/values.ts");

const NAMES = Object.keys(KINDS);
const ISOLATIONS: Isolation[] = ["thread", "process", "none"];

/** The cells of one column. */
type Column = Record<string, string>;

function start(isolation: Isolation) {
  return new Executor<Tasks>(new URL("./fixtures/values.ts", import.meta.url), { workers: 1, isolation });
}

/** What the cells should be: `root` is what the path begins with. */
function wanted(isolation: Isolation, root: string): Column {
  return Object.fromEntries(NAMES.map((name) => {
    const { arrives, ...kind } = KINDS[name];
    const place = kind[isolation === "process" ? "process" : "thread"];
    return [
      name,
      place !== undefined ? root + placeIn(name, place) : arrives ? "equal but for the class" : "equal",
    ];
  }));
}

/** What is nested too deeply has no place: it would be as long. */
function placeIn(name: string, place: string): string {
  return name.startsWith("nested") ? "…" : place;
}

/** What came of all of them, at once: those that are refused lie between those that are not. */
async function column(cell: (name: string) => Promise<string>): Promise<Column> {
  return Object.fromEntries(
    await Promise.all(NAMES.map(async (name) => {
      try {
        return [name, await cell(name)];
      } catch (error) {
        if (!(error instanceof TaskCloneError)) return [name, String(error)];
        return [name, name.startsWith("nested") ? `${error.path.split(/[.[]/)[0]}…` : error.path];
      }
    })),
  );
}

/** Where the value stands in what is sent. */
function under(where: string, column: Column): Column {
  return Object.fromEntries(
    Object.entries(column).map((
      [name, cell],
    ) => [name, cell.replace(/^(input|result|progress)(?!…)/, `$1${where}`)]),
  );
}

test.each(ISOLATIONS)("inputs on %s", async (isolation) => {
  await using executor = start(isolation);
  const values = new Map(await Promise.all(NAMES.map(async (name) => [name, await boxed(name)] as const)));
  const run = (name: string) => executor.run("receive", { name, value: values.get(name)!.value });
  expect(await column(run)).toEqual(under(".value", wanted(isolation, "input")));
  // The same as inputs of a map, each by itself.
  const inputs = NAMES.map((name) => ({ name, value: values.get(name)!.value }));
  const outcomes = await executor.map("receive", inputs, { settled: true }).toArray();
  const told = await column((name) => {
    const outcome = outcomes[NAMES.indexOf(name)];
    return outcome.status === "fulfilled" ? Promise.resolve(outcome.value) : Promise.reject(outcome.reason);
  });
  expect(told).toEqual(under(".value", wanted(isolation, "input")));
});

test.each(ISOLATIONS)("results on %s", async (isolation) => {
  await using executor = start(isolation);
  const bare = async (name: string) => await verdict(name, await executor.run("give", name));
  // What it awaits, it awaits.
  const { Promise: _, ...cells } = wanted(isolation, "result");
  expect(await column(bare)).toMatchObject(cells);
  const within = async (name: string) => {
    const { within: [value] } = await executor.run("giveWithin", name) as { within: unknown[] };
    return await verdict(name, value);
  };
  expect(await column(within)).toEqual(under(".within[0]", wanted(isolation, "result")));
});

test.each(ISOLATIONS)("reports and yielded values on %s", async (isolation) => {
  await using executor = start(isolation);
  const report = async (name: string) => {
    const seen: { value: unknown }[] = [];
    await executor.run("report", name, { onProgress: (value) => seen.push(value as { value: unknown }) });
    expect(seen.length).toBe(1);
    return await verdict(name, seen[0].value);
  };
  expect(await column(report)).toEqual(under(".value", wanted(isolation, "progress")));
  const first = async (name: string) => {
    for await (const got of executor.stream("yields", name)) {
      return await verdict(name, (got as { value: unknown }).value);
    }
    return "nothing";
  };
  expect(await column(first)).toEqual(under(".value", wanted(isolation, "result")));
});

test.each(ISOLATIONS)(
  "workerData on %s: tasks that would have had it fail with its place",
  async (isolation) => {
    const module = new URL("./fixtures/values.ts", import.meta.url);
    await using executor = new Executor<Tasks>(module, {
      workers: 1,
      isolation,
      workerData: { client: { headers: new Headers() } },
    });
    await expect(executor.run("echo", 1)).rejects.toThrow(/workerData\.client\.headers is a Headers/);
  },
);

/** A value that is not awaited. */
async function boxed(name: string): Promise<{ value: unknown }> {
  const value = KINDS[name].make();
  return { value: name === "CryptoKey" ? await value : value };
}

test.each(ISOLATIONS)(
  "fields of errors on %s: what can cross arrives, whatever else is in them",
  async (isolation) => {
    await using executor = start(isolation);
    const thrown = async (name: string) => {
      const error = await executor.run("throwWith", name).then(() => expect.unreachable(), (error) => error);
      expect(error.message).toBe(name);
      // Of what cannot cross, an error keeps what it can.
      if (KINDS[name].process !== undefined || KINDS[name].lessInErrors) return "kept in part";
      return await verdict(name, error.field);
    };
    const wanted = NAMES.map((name) => {
      const { arrives, process, lessInErrors } = KINDS[name];
      if (process !== undefined || lessInErrors) return [name, "kept in part"];
      return [name, arrives ? "equal but for the class" : "equal"];
    });
    expect(await column(thrown)).toEqual(Object.fromEntries(wanted));
  },
);

test.each(ISOLATIONS)(
  "every way to call refuses an input, and runs those beside it, on %s",
  async (isolation) => {
    await using executor = start(isolation);
    const bad = { client: [new Response("body")] };
    const place = { path: "input.client[0]" };
    await expect(executor.submit("echo", bad).result).rejects.toMatchObject(place);
    await expect(executor.broadcast("echo", bad)).rejects.toMatchObject(place);
    await expect(executor.run("echo", bad, { priority: 1, onProgress() {} })).rejects.toMatchObject(place);
    await expect(executor.run("echo", bad, { retry: { attempts: 3, minDelay: 1 } })).rejects.toMatchObject(
      place,
    );
    const tasks = [1, bad, 3].map((input) => ({ task: "echo" as const, input }));
    expect(await executor.executeTasks(tasks)).toMatchObject([{ value: 1 }, { reason: place }, { value: 3 }]);
    // Outputs that are sent together: the path begins at the value that was yielded.
    for (const [name, path] of [["Headers", 'result.value["set-cookie"]'], ["Proxy", "result.value"]]) {
      await expect(executor.flatMap("yields", [name]).toArray()).rejects.toMatchObject({ path });
    }
    const seen: unknown[] = [];
    for await (const outcome of executor.map("echo", [1, bad, 3], { settled: true })) seen.push(outcome);
    expect(seen).toMatchObject([{ value: 1 }, { reason: place }, { value: 3 }]);
  },
);

test("streams and ports that are given to a process are not touched, and the program ends", async () => {
  const source = `
    import { Executor } from ${JSON.stringify(new URL("../../mod.ts", import.meta.url).href)};
    const executor = new Executor(null, { workers: 1, isolation: "process" });
    const stream = new ReadableStream({ start(c) { c.enqueue("here"); c.close(); } });
    const { port1, port2 } = new MessageChannel();
    const given = [[stream, [stream]], [1, [stream]], [port2, [port2]], [{ port2 }, [port2, new ArrayBuffer(1)]]];
    for (const [input, transfer] of given) {
      console.log(await executor.run((value) => value, input, { transfer }).catch(({ name, path }) => name + " " + path));
    }
    port1.close();
    await executor.close();
    console.log((await stream.getReader().read()).value);
  `;
  const out = [
    "TaskCloneError input",
    "TaskCloneError input",
    "TaskCloneError input",
    "TaskCloneError input.port2",
    "here",
    "",
  ];
  expect(await startSource(source)).toEqual({ code: 0, out: out.join("\n"), err: "" });
});
