/** The tasks as a poolifier worker, which must register its functions itself. */

import { ThreadWorker } from "poolifier";
import { identity, noop } from "../programs/tasks.ts";

export default new ThreadWorker<unknown, unknown>({ identity, noop });
