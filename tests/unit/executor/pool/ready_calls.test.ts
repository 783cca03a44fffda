/** The calls that wait for the worker of a position. */
import { expect, test } from "vitest";
import { ReadyCalls } from "../../../../lib/executor/pool/ready_calls.ts";

type Handle = Parameters<ReadyCalls["resolve"]>[0];

test("all calls for a position resolve with its worker, and no others", async () => {
  const calls = new ReadyCalls();
  const [first, second, other] = [calls.wait(0), calls.wait(0), calls.wait(1)];
  const handle = { position: 0 } as Handle;
  calls.resolve(handle);
  expect(await Promise.all([first, second])).toEqual([handle, handle]);
  expect(await Promise.race([other, "waits"])).toBe("waits");
});

test("a call after a failed start waits for the next one", async () => {
  const calls = new ReadyCalls();
  const first = calls.wait(0);
  calls.reject(0, new Error("no module"));
  await expect(first).rejects.toThrow("no module");
  const second = calls.wait(0);
  calls.resolve({ position: 0 } as Handle);
  expect(await second).toEqual({ position: 0 });
});

test("at the end, the calls for each position get an error of their own", async () => {
  const calls = new ReadyCalls();
  let count = 0;
  const all = [0, 1].map((position) => calls.wait(position).catch((error) => error.message));
  calls.rejectAll(() => new Error(`closed ${++count}`));
  expect(await Promise.all(all)).toEqual(["closed 1", "closed 2"]);
});
