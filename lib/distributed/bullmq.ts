/**
 * The engine: BullMQ, and the client of Redis that it talks through. Imported where a run really goes over a broker.
 *
 * @module
 */

import process from "node:process";
import type { Job, Queue as BullQueue, Worker as BullWorker } from "npm:bullmq@6.7.0";
import type { Redis as IoRedis } from "npm:ioredis@5.11.1";

// A native part of it would need --allow-ffi, and does nothing here. It looks when it is imported.
process.env.MSGPACKR_NATIVE_ACCELERATION_DISABLED ??= "true";

// One after the other, each from a module of its own: in one import, Deno resolves BullMQ beside an optional peer, which
// the client is, to a folder that it has not made where there is no node_modules.
export const { Redis } = await import("./engine/redis.ts");
export const { Queue, Worker, UnrecoverableError } = await import("./engine/bull.ts");

export type { BullQueue, BullWorker, IoRedis, Job };
