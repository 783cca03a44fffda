/** The flags about the task and its workers. */

import { count, countOr, duration, durationRange, size } from "../values/amounts.ts";
import { moduleName } from "../values/files.ts";
import { exportName, source, word } from "../values/texts.ts";
import { flag } from "../flag.ts";

export const TASK = {
  module: flag("MODULE[#EXPORT]", moduleName(), "Module of the task, and its export", {
    in: ["run", "bench", "worker"],
    topic: "modules",
  }),
  eval: flag("-e, --eval <SOURCE>", source(), "Run a function, not a module: 'async (x) => …'", {
    in: ["run", "bench"],
    config: ["run", "bench", "worker"],
    topic: "modules",
    broker: { refused: "a function does not cross a broker. Write it into a module that the workers have" },
  }),
  workers: flag("-j, --workers <N>", count(), "Start N workers", {
    in: ["run", "resume", "worker"],
    topic: "tasks",
    default: "one per core",
    broker: "worker",
  }),
  concurrency: flag("-c, --concurrency <N>", countOr("auto"), "Run up to N tasks per worker, or auto", {
    in: ["run", "resume", "worker"],
    topic: "steering",
    default: "16",
    more:
      "auto doubles the number from 8 while throughput grows, and then tries 25 % more or fewer from time to " +
      "time. The number goes down if more tasks fail, or if a worker's event loop is late. The summary shows it.",
    broker: "worker",
  }),
  isolation: flag(
    "--isolation <HOW>",
    word("thread", "process", "none"),
    "Workers: thread, process or none",
    {
      in: ["run", "resume", "bench", "worker"],
      topic: "tasks",
      default: "thread",
      more: "In a process, a task that runs out of memory, crashes or never ends fails alone. " +
        "With none, all tasks run in the main thread.",
      broker: "worker",
      // In the main thread, a task has all permissions of polyloop.
      found: (value: unknown) => value === "none",
    },
  ),
  memory: flag("--memory <SIZE>", size(), "Replace workers that exceed their share of SIZE", {
    in: ["run", "resume", "worker"],
    topic: "steering",
    more:
      "The workers have equal shares of SIZE, at least 64mb each. Their memory is checked four times a second. A " +
      "worker finishes its tasks before it is replaced, so this stops leaks but is no hard limit.",
    broker: "worker",
  }),
  onStuckThread: flag("--on-stuck-thread <HOW>", word("thread", "process"), "Replace a stuck thread by HOW", {
    in: ["worker"],
    topic: "machines",
    default: "thread",
    more:
      "HOW is thread or process. On Deno, a thread in an endless loop cannot be stopped and keeps a core busy. With " +
      "process, polyloop worker uses only processes after the first such thread.",
  }),
  schema: flag(
    "--schema [EXPORT]",
    exportName("input"),
    "Check inputs by the schema in the export input",
    {
      in: ["run", "bench", "worker"],
      topic: "tasks",
      bare: "input",
      more:
        "EXPORT names another export. The schema is any Standard Schema, such as one of zod, valibot or arktype. The " +
        "task gets the checked value.",
      broker: { refused: "set it on polyloop worker, which checks the inputs" },
    },
  ),
  batch: flag("--batch <N>", count(), "Call the task with arrays of up to N inputs", {
    config: ["run", "bench", "worker"],
    topic: "tasks",
    more:
      "A batch is smaller at the end of the input, and if no further input arrives. The task returns an array of the " +
      "same length. context.keys has the key of each input. If a call fails, all its inputs fail. -c, --rate, " +
      "--timeout and --retries count calls.",
    broker: {
      refused: "over a broker, a batch has at most 10,000 inputs. Use a smaller number",
      when: (value: unknown) => Number(value) > 10_000,
    },
  }),
  timeout: flag("--timeout <TIME>", duration(1), "Abort an attempt after TIME", {
    in: ["run", "resume", "bench"],
    topic: "errors",
    default: "no limit",
    more:
      "The task's signal is aborted, and the attempt fails. A task that computes without a pause is ended after a " +
      "second at the earliest.",
  }),
  grace: flag("--grace <TIME>", duration(0), "Wait TIME for a timed-out task to end", {
    in: ["run", "resume", "bench"],
    topic: "errors",
    default: "5s",
    more: "If the task has not ended by then, its worker is replaced.",
  }),
  retries: flag("--retries <N>", count(0), "Run a failed input up to N more times", {
    in: ["run", "resume", "bench"],
    // bench measures single attempts, unless its own command line says otherwise.
    config: ["run"],
    topic: "errors",
    filled: "0",
  }),
  backoff: flag("--backoff <RANGE>", durationRange(), "Wait before retries", {
    in: ["run", "resume", "bench"],
    config: ["run"],
    topic: "errors",
    default: "200ms..30s",
    more: "The wait doubles from the first to the last value of RANGE, with jitter.",
  }),
  pause: flag("--pause <WHAT>", word("all", "key", "none"), "On retryAfter, pause all, key or none", {
    in: ["run", "resume", "bench"],
    topic: "errors",
    default: "key",
    more:
      "With all, no task starts until the retryAfter of an error has passed. With key, no task with the same key of --limit-per, " +
      "and without such a key no task at all. Running tasks go on. After the pause, tasks start evenly, at the pace of before, which then doubles. " +
      "Over a broker, the default is none unless --rate or --limit-per is given.",
  }),
};
