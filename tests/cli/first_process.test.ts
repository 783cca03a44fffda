/** The command as the first process of a container, which ignores a signal that it does not listen to. */
import { createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { expect, test } from "vitest";
import { startSync } from "../program.ts";
import { COMMAND, RunningPolyloop } from "./polyloop.ts";

const AS_FIRST = ["unshare", "--pid", "--fork", "--mount-proc"] as const;
// Only root may make a namespace of processes.
const canBeFirst = startSync(AS_FIRST[0], [...AS_FIRST.slice(1), "true"]).status === 0;

test.skipIf(!canBeFirst)("SIGTERM ends it while it waits for a broker that does not answer", async () => {
  const called = Promise.withResolvers<Socket>();
  const server = createServer((socket) => called.resolve(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const top = new RunningPolyloop(["top", "--redis", `redis://127.0.0.1:${port}`], {
    command: [...AS_FIRST, ...COMMAND],
  });
  const socket = await called.promise;
  const first = startSync("pgrep", ["-P", `${top.child.pid}`]).stdout.trim();
  process.kill(Number(first), "SIGTERM");
  const { code, stderr } = await top.ended;
  expect({ code, stderr }).toEqual({ code: 143, stderr: "" });
  socket.destroy();
  server.close();
});
