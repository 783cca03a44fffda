/** One process of `two_processes.ts`: prints that it is ready, waits for a line, works, and prints that it is done. */

import process from "node:process";
import { spin } from "./tasks.ts";

const [turns, count] = process.argv.slice(2).map(Number);
for (let task = 0; task < 10; task++) spin(turns);
process.once("message", () => {
  for (let task = 0; task < count; task++) spin(turns);
  process.send!("done", () => process.exit(0));
});
process.send!("ready");
