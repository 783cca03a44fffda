/** BullMQ; see `../bullmq.ts`. */

export { Queue, UnrecoverableError, Worker } from "npm:bullmq@6.7.0";
