/** The client of Redis; see `../bullmq.ts`. */

export { Redis } from "npm:ioredis@5.11.1";
