import { describe, expect, test } from "vitest";
import { ModuleLoadError } from "../../../lib/errors.ts";
import type { WorkerInit } from "../../../lib/wire/worker_init.ts";
import { findCheck, loadModule, runSetup, runTeardown } from "../../../lib/worker/hooks.ts";

const context = { workerId: 1, position: 0, workerData: "data" };
const init = { module: "file:///tasks.ts", hooks: true } as WorkerInit;

test("a module that does not load is a ModuleLoadError with the cause", async () => {
  const error = await loadModule({ ...init, module: "data:text/javascript,throw new RangeError('no')" })
    .catch((error) => error);
  expect(error).toBeInstanceOf(ModuleLoadError);
  expect([error.message, error.cause.name]).toEqual([
    expect.stringContaining("Cannot load data:"),
    "RangeError",
  ]);
});

test("without a module there are no exports", async () => {
  expect(await loadModule({ ...init, module: null })).toEqual({});
});

test("without a schema nothing is checked, and a missing one is a ModuleLoadError", () => {
  expect(findCheck({}, init)).toBeUndefined();
  expect(() => findCheck({}, { ...init, schema: "input" })).toThrow(ModuleLoadError);
});

describe.each([["setup", runSetup], ["teardown", runTeardown]] as const)("%s", (name, run) => {
  test("is awaited, with the worker's context", async () => {
    const got: unknown[] = [];
    const hook = async (context: unknown) => {
      await undefined;
      got.push(context);
    };
    await run({ [name]: hook }, init, context);
    expect(got).toEqual([context]);
  });

  test("does not run if hooks are off, if there is none, or if it is no function", async () => {
    const fail = () => {
      throw new Error("it ran");
    };
    await run({ [name]: fail }, { ...init, hooks: false }, context);
    await run({}, init, context);
    await run({ [name]: "text" }, init, context);
  });
});

test("what setup throws says so, and what teardown throws comes as it is", async () => {
  const own = new Error("own");
  const fail = () => {
    throw own;
  };
  await expect(runSetup({ setup: fail }, init, context)).rejects.toMatchObject({
    name: "ModuleLoadError",
    message: expect.stringContaining("setup() of file:///tasks.ts failed"),
    cause: own,
  });
  await expect(runTeardown({ teardown: fail }, init, context)).rejects.toBe(own);
});
