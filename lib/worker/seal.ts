/**
 * Drops the permissions that a Node process needed only for its start: to read every file, and to start a thread.
 * entries/restricted.ts evaluates this module before any user code. If it throws, no user code runs.
 */

import { syncBuiltinESMExports } from "node:module";
import { parse } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** Node's `process.permission`. Node's types lack some of its methods. */
const { permission } = process as unknown as {
  permission: {
    has(scope: string, reference?: string): boolean;
    drop(scope: string, reference?: string): void;
  };
};

/**
 * The folder that backends/node_permissions.ts lets the process read for its start. If the user grants reading of
 * everything, there is no such extra grant.
 */
const root = parse(fileURLToPath(import.meta.url)).root;

const readsAll = permission.has("fs.read");
if (!readsAll) permission.drop("fs.read", root);
// A task that may start programs can escape anyway. For other tasks, a thread would be the way out, because Node does not restrict threads.
if (!permission.has("child")) {
  permission.drop("worker");
  denyKilling();
}
if (!readsAll && permission.has("fs.read", root)) {
  throw new Error(`Node ${process.version} keeps permissions after process.permission.drop(): update Node`);
}

/** Node lets every process signal every other. Under a permission model, this counts as a part of starting programs. */
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
  // Updates `import { kill } from "node:process"`, too.
  syncBuiltinESMExports();
}
