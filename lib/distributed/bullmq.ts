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

export const { Queue, Worker, UnrecoverableError } = await import("npm:bullmq@6.7.0");
export const { Redis } = await import("npm:ioredis@5.11.1");

export type { BullQueue, BullWorker, IoRedis, Job };
