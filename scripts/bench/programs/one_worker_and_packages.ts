/** `one_worker.ts` with the two packages of the command line, which even a run over one input needs. */

import "npm:commander@15.1.0";
import "npm:zod@4.6.7";
import "./one_worker.ts";
