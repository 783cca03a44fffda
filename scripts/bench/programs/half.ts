/** One of the processes of `two_processes.ts`: says that it is ready, and on a word works and says that it has. */

import process from "node:process";
import { spin } from "./tasks.ts";

const [turns, count] = process.argv.slice(2).map(Number);
for (let task = 0; task < 10; task++) spin(turns);
process.once("message", () => {
  for (let task = 0; task < count; task++) spin(turns);
  process.send!("done", () => process.exit(0));
});
process.send!("ready");
