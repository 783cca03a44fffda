/**
 * polyloop on more than one machine: the tasks of a module, spread by BullMQ over Redis (or Valkey) 6.2 or newer.
 * Workers serve the module ({@link serveTasks}, or `polyloop worker`); a {@link DistributedExecutor} runs its tasks there.
 *
 * @module
 */

export { type BrokerOptions } from "./broker/broker.ts";
export { BrokerError, type BrokerTrouble, RunHeldError, RunRefusedError } from "./errors.ts";
export { type DistributedEvents, DistributedExecutor, type DistributedStats } from "./executor.ts";
export { type ServeOptions, serveTasks } from "./server/server.ts";
export type { ServerStats, TaskServer } from "./server/task_server.ts";
export type {
  DistributedMapOptions,
  DistributedOptions,
  DistributedRequest,
  DistributedRetryOptions,
  DistributedTaskOptions,
} from "./types.ts";
