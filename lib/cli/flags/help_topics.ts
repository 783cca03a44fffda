/** The topics of `polyloop help TOPIC`. Their texts are in `topics/`. */

export const TOPICS = {
  tasks: "task functions, their context and their workers",
  adding: "inputs that tasks add to their run",
  generators: "tasks with no result, one or many",
  modules: "forms of MODULE, and how its imports are resolved",
  formats: "formats of inputs and results",
  selection: "a part of the inputs: the first, a sample, a shard",
  csv: "tables: separators, headers, columns",
  config: "config files",
  permissions: "what tasks may read, write and connect to",
  errors: "failures: retries, timeouts, halting",
  steering: "limits on speed and memory",
  journal: "runs that can be resumed after a crash",
  machines: "workers on other machines",
  brokers: "addresses and settings of a broker",
  progress: "live line, progress as JSON, summary",
  reports: "report page, trace, statistics, lines of tasks",
  telemetry: "spans of OpenTelemetry",
  signals: "Ctrl-C and other signals",
  "exit-codes": "meaning of the exit codes",
} as const;

export type Topic = keyof typeof TOPICS;
