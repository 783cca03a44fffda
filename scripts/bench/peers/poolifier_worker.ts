/** The tasks as a poolifier worker: it has to be told of its functions from inside. */

import { ThreadWorker } from "poolifier";
import { identity, noop } from "../programs/tasks.ts";

export default new ThreadWorker<unknown, unknown>({ identity, noop });
