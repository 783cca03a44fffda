/**
 * Measures how long a buffer takes to a worker and back: the median, in milliseconds. Fails if the buffer was copied.
 */

import { Executor } from "../../../mod.ts";
import { TASKS, WORKERS } from "../peers/pool.ts";
import { pingPong } from "./bare_worker.ts";
import { program } from "./program.ts";
import type * as tasks from "./tasks.ts";

const TIMES = 41;

await program(async ({ of, bytes }: { of: "run" | "postMessage"; bytes: number }) => {
  const send = of === "run" ? ours() : await bare();
  let buffer = new ArrayBuffer(bytes);
  // Filled, because otherwise the system has not yet allocated the memory.
  new Uint8Array(buffer).fill(7);
  await send(new ArrayBuffer(8));
  const times = new Float64Array(TIMES);
  for (let time = 0; time < TIMES; time++) {
    const begun = performance.now();
    const back = await send(buffer);
    times[time] = performance.now() - begun;
    if (buffer.byteLength !== 0) throw new Error("The buffer was copied on its way: the sender still has it");
    if (back.byteLength !== bytes) throw new Error(`${back.byteLength} of ${bytes} bytes came back`);
    buffer = back;
  }
  if (new Uint8Array(buffer).some((byte) => byte !== 7)) throw new Error("Other bytes came back");
  return times.sort()[TIMES >> 1];
});

function ours(): (buffer: ArrayBuffer) => Promise<ArrayBuffer> {
  const executor = new Executor<typeof tasks>(TASKS, { workers: WORKERS });
  return (buffer) => executor.run("bounce", buffer, { transfer: [buffer] });
}

async function bare(): Promise<(buffer: ArrayBuffer) => Promise<ArrayBuffer>> {
  const send = await pingPong();
  return async (buffer) => await send(buffer, [buffer]) as ArrayBuffer;
}
