/**
 * What `polyloop help TOPIC` knows beside the commands; the texts are in `help_texts.ts`.
 *
 * @module
 */

/** What there is help on, and what it is about. */
export const TOPICS = {
  tasks: "what a task is, and what it is handed",
  modules: "what may stand for MODULE, and where its imports are found",
  formats: "what is read and written",
  csv: "tables: separators, headers, columns",
  config: "options from a file",
  permissions: "what a task may do",
  errors: "what failed: retries, timeouts, halting",
  steering: "how fast a run goes, and how much at once",
  journal: "runs that survive everything, and resume",
  machines: "more than one machine: workers and a broker",
  progress: "what is shown while a run goes on, and at its end",
  reports: "pictures and figures of a run",
  telemetry: "spans of OpenTelemetry",
  signals: "Ctrl-C and its kin",
  "exit-codes": "what the exit code says",
} as const;

/** One of them. */
export type Topic = keyof typeof TOPICS;
