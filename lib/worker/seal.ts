/**
 * Takes from a process of Node what it needed to start: to read every file, and to start a thread. Evaluated by
 * entries/restricted.ts, before any code of the user; if it throws, none of that runs.
 *
 * @module
 */

import { syncBuiltinESMExports } from "node:module";
import { parse } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** Node's own object, of which its types know only a part. */
const { permission } = process as unknown as {
  permission: {
    has(scope: string, reference?: string): boolean;
    drop(scope: string, reference?: string): void;
  };
};

/** What backends/node_permissions.ts grants beside the user's own grants; with all of them there is none. */
const root = parse(fileURLToPath(import.meta.url)).root;

const readsAll = permission.has("fs.read");
if (!readsAll) permission.drop("fs.read", root);
// Who may start programs is held by nothing; for others, a thread would be the way out: Node does not restrict it.
if (!permission.has("child")) {
  permission.drop("worker");
  denyKilling();
}
if (!readsAll && permission.has("fs.read", root)) {
  throw new Error("This Node keeps permissions that were dropped");
}

/** Node lets everyone signal every process; where it is about permissions, that is part of starting programs. */
function denyKilling(): void {
  const kill = process.kill;
  process.kill = (pid, signal) => {
    if (pid === process.pid) return kill(pid, signal);
    throw Object.assign(new Error("Sending signals to other processes has been restricted."), {
      code: "ERR_ACCESS_DENIED",
      permission: "ChildProcess",
      resource: String(pid),
    });
  };
  // So that `import { kill } from "node:process"` has it too.
  syncBuiltinESMExports();
}
