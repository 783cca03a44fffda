/** The entry of the page's workers. */
import { serve } from "../../../lib/worker/serve.ts";
import * as tasks from "./tasks.ts";

serve(tasks);
