/**
 * The engine: BullMQ, and the client of Redis that it talks through. Both packages are named here alone, statically, and the
 * client first: it is an optional peer of BullMQ's, which Deno else resolves to a folder that it does not make.
 *
 * @module
 */

import type { Job, Queue as BullQueue, Worker as BullWorker } from "npm:bullmq@6.7.0";
import type { Redis as IoRedis } from "npm:ioredis@5.11.1";
import "./no_native_part.ts";

export { Redis } from "npm:ioredis@5.11.1";
export { Queue, UnrecoverableError, Worker } from "npm:bullmq@6.7.0";
export type { BullQueue, BullWorker, IoRedis, Job };
