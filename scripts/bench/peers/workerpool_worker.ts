/** The tasks as a workerpool worker, which must register its functions itself. */

import workerpool from "workerpool";
import { identity, noop } from "../programs/tasks.ts";

workerpool.worker({ identity, noop });
