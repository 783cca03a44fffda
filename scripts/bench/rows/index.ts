/** All rows, in the order of measurement. */

import type { Row } from "../row.ts";
import { binary } from "./binary.ts";
import { cliCsv } from "./cli_csv.ts";
import { cliLines } from "./cli_lines.ts";
import { cliMemory } from "./cli_memory.ts";
import { cliStart } from "./cli_start.ts";
import { computing } from "./computing.ts";
import { growth } from "./growth.ts";
import { heap } from "./heap.ts";
import { journal } from "./journal.ts";
import { latency } from "./latency.ts";
import { level } from "./level.ts";
import { machines } from "./machines.ts";
import { map } from "./map.ts";
import { mixed } from "./mixed.ts";
import { npm } from "./npm.ts";
import { objects } from "./objects.ts";
import { others } from "./others.ts";
import { run } from "./run.ts";
import { transfer } from "./transfer.ts";
import { url } from "./url.ts";
import { version } from "./version.ts";
import { waiting } from "./waiting.ts";

export const ROWS: Row[] = [
  run,
  map,
  objects,
  latency,
  waiting,
  computing,
  mixed,
  transfer,
  cliLines,
  cliMemory,
  cliCsv,
  growth,
  cliStart,
  heap,
  journal,
  level,
  machines,
  others,
  version,
  url,
  binary,
  npm,
];
