/** `noop.ts` as a poolifier worker: poolifier has to be told of a worker's function from inside. */

import { ThreadWorker } from "npm:poolifier@5.3.2";
import noop from "../noop.ts";

export default new ThreadWorker(noop);
