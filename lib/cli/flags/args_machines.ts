/**
 * The commands for more than one machine.
 *
 * @module
 */

import type { Command as Program } from "npm:commander@15.1.0";
import { addPermissions } from "./args_permissions.ts";
import type { Command } from "../command.ts";
import { checkFlags, checkTopOptions, checkWorkerOptions } from "./options.ts";

/** Adds them to the definition. */
export function addMachineCommands(program: Program, onCommand: (command: Command) => void): void {
  const worker = program.command("worker")
    .summary("serve a module's tasks to runs on other machines")
    .description(
      "Runs the tasks of a module for polyloop run --redis, wherever that is, until it is stopped.\n" +
        "SIGTERM: takes nothing more, finishes what it has, and ends.",
    )
    .usage("MODULE --redis URL [options]")
    .argument("[MODULE]")
    .configureHelp({ visibleArguments: () => [] })
    .helpOption("-h, --help", "print this help")
    .option("-j, --workers <N>", "workers (one per core)")
    .option("-c, --concurrency <N>", "tasks in flight per worker (16), or auto")
    .option("--isolation <HOW>", "where tasks run: thread or process (thread)")
    .option(
      "--on-stuck-thread <HOW>",
      "what starts after a thread could not be stopped: thread or process (thread)",
    )
    .option("--memory <SIZE>", "replace workers as they grow, so that all have no more than this")
    .option("--schema [EXPORT]", "check each input by the module's export input, or =EXPORT")
    .optionsGroup("The broker:");
  addBroker(worker)
    .option("--lock <TIME>", "so long it may be silent before others get what it has (15s)")
    .option("--metrics <ADDRESS>", "serve figures to Prometheus there, as in :9400")
    .option("--config <FILE>", "options from a JSON file, as with run")
    .option("--no-config", "ignore polyloop.json");
  addPermissions(worker, { config: true })
    .action((module, { metrics, lock, onStuckThread, ...others }) => {
      const flags = { ...others, module };
      const [options, extra] = [checkFlags(flags), checkWorkerOptions({ metrics, lock, onStuckThread })];
      if (!options.ok) return onCommand({ kind: "usageError", message: options.message });
      if (!extra.ok) return onCommand({ kind: "usageError", message: extra.message });
      onCommand({ kind: "worker", options: options.value, flags, worker: extra.value });
    });
  const top = program.command("top")
    .summary("show the runs and workers of a broker")
    .description(
      "Shows live runs, workers, rates, what waits and what is in quarantine; on a terminal until Ctrl-C.",
    )
    .usage("--redis URL [options]")
    .helpOption("-h, --help", "print this help");
  addBroker(top)
    .option("--json", "once, as JSON")
    .action((flags) => {
      const options = checkTopOptions(flags);
      if (!options.ok) return onCommand({ kind: "usageError", message: options.message });
      onCommand({ kind: "top", options: options.value });
    });
}

function addBroker(command: Program): Program {
  return command
    .option(
      "--redis <URL>",
      "redis://HOST:PORT, rediss://… or unix:///PATH; with a password in POLYLOOP_REDIS",
    )
    .option("--redis-ca <FILE>", "the CA of the broker's certificate")
    .option("--redis-cert <FILE>", "this client's certificate, with --redis-key FILE")
    .option("--redis-key <FILE>", "the key of --redis-cert")
    .option("--queue <NAME>", "where runs and workers meet (default)");
}
