/** `polyloop top` on a real terminal: its keys pause a run and drain a worker. */
import { expect, test } from "vitest";
import { SHELL_COMMAND } from "../cli/polyloop.ts";
import { hasTmux, Screen } from "../cli/screen.ts";
import { Machines } from "./machines.ts";
import { RedisServer } from "./redis.ts";

test.skipIf(!hasTmux)("keys of polyloop top pause a run, end the pause, and drain a worker", async () => {
  await using redis = await RedisServer.start();
  await using machines = new Machines(redis.url, 2_000);
  const worker = await machines.worker();
  const run = machines.run("slowlyThenHeld", "--run-id", "long-one");
  using screen = new Screen(`${SHELL_COMMAND} top; echo "code $?"`, {
    cwd: ".",
    columns: 80,
    rows: 24,
    env: { POLYLOOP_REDIS: redis.url },
  });
  await screen.shows(/^> long-one .*\n[^]*q quit/m);
  screen.keys("?");
  expect(await screen.shows(/any key goes back/)).toMatch(/^SLOTS +tasks that it can run at a time$/m);
  screen.keys("?", "p");
  await run.says("paused by polyloop top on ");
  await screen.shows(/^> long-one +paused /m);
  machines.release();
  screen.keys("p");
  await run.says("the pause has ended");
  expect((await run.ended).code).toBe(0);
  expect(machines.read("out.jsonl")).toBe(machines.expected);
  // Only the worker is left, so it is selected.
  await screen.shows((text) => !text.includes("long-one  ") && /^> \S/m.test(text));
  screen.keys("d");
  await screen.shows(/finish its tasks and end\? y or n/);
  screen.keys("y");
  await worker.says("draining, as polyloop top on ");
  expect((await worker.ended).code).toBe(0);
  screen.keys("q");
  await screen.shows(/^code 0$/m);
});
