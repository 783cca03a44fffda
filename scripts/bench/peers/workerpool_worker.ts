/** The tasks as a workerpool worker: it has to be told of its functions from inside. */

import workerpool from "workerpool";
import { identity, noop } from "../programs/tasks.ts";

workerpool.worker({ identity, noop });
