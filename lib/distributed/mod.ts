/**
 * polyloop on more than one machine: the tasks of a module, spread by BullMQ over Redis (or Valkey) 6.2 or newer.
 * Workers serve the module ({@link serveTasks}, or `polyloop worker`); a {@link DistributedExecutor} runs its tasks there.
 *
 * @module
 */

export { type BrokerOptions } from "./broker/broker_options.ts";
export { BrokerError, type BrokerTrouble, RunHeldError, RunRefusedError } from "./broker/errors.ts";
export { DistributedExecutor } from "./executor.ts";
export { serveTasks } from "./server/serve_tasks.ts";
export type { ServeOptions } from "./server/serve_options.ts";
export type { CallTypes, OptionsFor, SharedCalls, SharedTaskOptions } from "../executor/call_types.ts";
export type { ExecutorEventTarget } from "../executor/event_target.ts";
export type { TaskExecutor } from "../executor/task_executor.ts";
export type { ServerStats, TaskServer } from "./server/task_server.ts";
export type {
  DistributedCalls,
  DistributedEvents,
  DistributedMapOptions,
  DistributedOptions,
  DistributedRequest,
  DistributedRetryOptions,
  DistributedStats,
  DistributedTaskOptions,
} from "./options/types.ts";
