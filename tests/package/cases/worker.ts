/** The entry of the page's workers. */
import { serve } from "@polyloop/polyloop/worker";
import * as tasks from "./tasks.ts";

serve(tasks);
