/**
 * BullMQ, and ioredis, the client of Redis that it uses. Only this file imports the two packages. ioredis comes first: it is
 * an optional peer of BullMQ, and Deno resolves such a peer to a folder that does not exist unless it knows the package.
 *
 * @module
 */

import type { Job, Queue as BullQueue, Worker as BullWorker } from "npm:bullmq@6.7.0";
import type { Redis as IoRedis } from "npm:ioredis@5.11.1";
import "./no_native_part.ts";

export { Redis } from "npm:ioredis@5.11.1";
export { Queue, UnrecoverableError, Worker } from "npm:bullmq@6.7.0";
export type { BullQueue, BullWorker, IoRedis, Job };
