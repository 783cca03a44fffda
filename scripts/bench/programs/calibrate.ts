/**
 * Measures how many turns of `spin` take a given time on an idle core. Later programs get that number of turns, so that
 * every contender has the same work, whatever else the machine does.
 */

import { program } from "./program.ts";
import { spin } from "./tasks.ts";

const TURNS = 2_000_000;

await program(async ({ milliseconds }: { milliseconds: number }) => {
  let fastest = Infinity;
  for (let attempt = 0; attempt < 30; attempt++) {
    const begun = performance.now();
    spin(TURNS);
    fastest = Math.min(fastest, performance.now() - begun);
  }
  return await Promise.resolve(Math.round(TURNS * milliseconds / fastest));
});
