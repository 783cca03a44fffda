/**
 * The files of `polyloop init`: a task module, ten inputs, a config with which the module runs unchanged, and the
 * config's JSON schema.
 */

import { configJsonSchema, SCHEMA_NAME } from "../config/config_schema.ts";
import { CONFIG_NAME } from "../config/find_config.ts";
import type { FLAGS } from "../flags/table.ts";
import type { ValueOf } from "../flags/values/kind.ts";

export interface Answers {
  task: ValueOf<typeof FLAGS.initTask.value>;
  from: ValueOf<typeof FLAGS.initFrom.value>;
}

export const KINDS: Record<Answers["task"], string> = {
  fetch: "wait for others: fetch pages, call an API",
  compute: "compute: hash, parse, resize",
};

export const FORMATS: Record<Answers["from"], string> = {
  jsonl: "JSON, one value per line: with several fields each",
  lines: "plain text, one input per line: URLs, file names",
};

const LANGUAGES = [
  ["en", "hello"],
  ["fr", "bonjour"],
  ["es", "hola"],
  ["de", "hallo"],
  ["it", "ciao"],
  ["pt", "olá"],
  ["nl", "hoi"],
  ["sv", "hej"],
  ["pl", "cześć"],
  ["fi", "moi"],
];

export function templates(answers: Answers): Record<string, string> {
  return {
    "tasks.ts": answers.task === "fetch" ? fetchModule(answers) : computeModule(answers),
    [`inputs.${extension(answers)}`]: inputs(answers),
    [CONFIG_NAME]: config(answers),
    [SCHEMA_NAME]: configJsonSchema(),
  };
}

function fetchModule({ from }: Answers): string {
  const json = from === "jsonl";
  const takes = json
    ? "\n  { url, language }: { url: string; language: string },\n  { signal }: Context,\n"
    : "url: string, { signal }: Context";
  return `/** The tasks of this folder. polyloop runs one over many inputs. */

/** What polyloop hands to a task beside its input ("polyloop help tasks"). */
interface Context {
  /** Aborts once the task takes too long, or when the run is stopped. */
  signal: AbortSignal;
}

/** Fetches one page. What it throws fails this input alone. */
export async function fetchPage(${takes}) {
  const response = await fetch(url, { signal });
  if (!response.ok) throw new Error(\`\${url} answered \${response.status}\`);
  const text = await response.text();
  return { ${json ? "language" : "url"}, status: response.status, text };
}
`;
}

function computeModule({ from }: Answers): string {
  const json = from === "jsonl";
  const takes = json ? "\n  { language, text }: { language: string; text: string },\n" : "text: string";
  return `/** The tasks of this folder. polyloop runs one over many inputs. */

/** Hashes one text. What it throws fails this input alone. */
export async function digest(${takes}) {
  const bytes = new TextEncoder().encode(text);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const hex = Array.from(hash, (byte) => byte.toString(16).padStart(2, "0"));
  return { ${json ? "language" : "text"}, sha256: hex.join("") };
}
`;
}

/** Ten inputs. Their URLs are data: URLs, so that the task runs without a network. */
function inputs({ task, from }: Answers): string {
  const lines = LANGUAGES.map(([language, text]) => {
    const url = `data:text/plain;charset=utf-8,${encodeURIComponent(text)}`;
    if (from === "lines") return task === "fetch" ? url : text;
    return JSON.stringify(task === "fetch" ? { url, language } : { language, text });
  });
  return lines.join("\n") + "\n";
}

/** Whether the config grants permissions. Node denies nothing to threads, and refuses permission flags for them. */
export function grantsAnything({ task }: Answers): boolean {
  return task === "fetch" && "Deno" in globalThis;
}

function config(answers: Answers): string {
  const waits = answers.task === "fetch";
  const options = {
    $schema: `./${SCHEMA_NAME}`,
    module: waits ? "tasks.ts#fetchPage" : "tasks.ts#digest",
    input: `inputs.${extension(answers)}`,
    from: answers.from,
    // A task that computes needs a core for itself, and a task that waits does not.
    concurrency: waits ? 64 : 1,
    ...(waits ? { timeout: "30s", retries: 2 } : {}),
    ...(grantsAnything(answers) ? { allowNet: true } : {}),
  };
  return JSON.stringify(options, null, 2) + "\n";
}

function extension({ from }: Answers): string {
  return from === "jsonl" ? "jsonl" : "txt";
}
