/**
 * BullMQ and its Redis client, ioredis. Only this file imports the two packages. ioredis must come first: it is an
 * optional peer of BullMQ. Deno resolves such a peer to a missing folder unless it has already loaded the package.
 *
 * The npm package takes ioredis 6, too: with 6.0.0, all tests of a broker pass. Here stands 5, because reading replies takes 1.25 times
 * the CPU time with 6.0.0 (measured on Node 24: 90,000 replies of 1 kB and 9,000 lists in pipelines).
 */

import type { Job, Queue as BullQueue, Worker as BullWorker } from "npm:bullmq@6.7.0";
import type { Redis as IoRedis } from "npm:ioredis@5.11.1";
import "./no_native_part.ts";

export { Cluster, Redis } from "npm:ioredis@5.11.1";
export { Queue, UnrecoverableError, Worker } from "npm:bullmq@6.7.0";
export type { BullQueue, BullWorker, IoRedis, Job };
