/** The texts of all topics, by name. */

export { adding } from "./adding.ts";
export { brokers } from "./brokers.ts";
export { config } from "./config.ts";
export { csv } from "./csv.ts";
export { errors } from "./errors.ts";
export { exit_codes } from "./exit_codes.ts";
export { formats } from "./formats.ts";
export { generators } from "./generators.ts";
export { journal } from "./journal.ts";
export { machines } from "./machines.ts";
export { modules } from "./modules.ts";
export { permissions } from "./permissions.ts";
export { progress } from "./progress.ts";
export { reports } from "./reports.ts";
export { selection } from "./selection.ts";
export { signals } from "./signals.ts";
export { steering } from "./steering.ts";
export { tasks } from "./tasks.ts";
export { telemetry } from "./telemetry.ts";
