/**
 * The options and the environment that worker processes inherit from their program, on Node and Bun. What is meant for one
 * process alone is left out.
 *
 * @module
 */

/**
 * Options that a worker must not have, and how many words each takes if its value is not joined by `=`.
 *
 * - What to run: it has an entry of its own. (`--snapshot-blob` starts the program's.)
 * - A debugger: it would be that of the same port; with `--inspect-brk` a worker waits for it before anything else, so
 *   that it would not even notice the end of its parent.
 * - To start again when files change: it would be started again without its parent.
 * - Names of files that each process writes: the last one would have the others' place.
 */
const OWN: Record<string, number> = {
  "-e": 2,
  "-p": 2,
  "-pe": 2,
  "--eval": 2,
  "--print": 2,
  "--run": 2,
  "-c": 1,
  "--check": 1,
  "-i": 1,
  "--interactive": 1,
  "--input-type": 2,
  "--entry-url": 1,
  "--snapshot-blob": 2,
  "--build-snapshot": 1,
  "--build-snapshot-config": 2,
  "--inspect": 1,
  "--inspect-brk": 1,
  "--inspect-wait": 1,
  "--inspect-brk-node": 1,
  "--inspect-port": 2,
  "--debug-port": 2,
  "--inspect-publish-uid": 2,
  "--watch": 1,
  "--watch-path": 2,
  "--watch-preserve-output": 1,
  "--watch-kill-signal": 2,
  "--hot": 1,
  "--cpu-prof-name": 2,
  "--heap-prof-name": 2,
  "--report-filename": 2,
};

/** Environment variables for debuggers, watchers and test runners of one process. */
const OWN_VARIABLES = /^(WATCH_REPORT_DEPENDENCIES|NODE_TEST_CONTEXT|BUN_INSPECT.*)$/;

/** The options of a program, without those that its workers must not have. */
export function inheritedNodeOptions(options: string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at < options.length; at++) {
    const words = wordsOfOwn(options[at]);
    if (words === 0) kept.push(options[at]);
    else at += words - 1;
  }
  return kept;
}

/** How many words an option takes that a worker must not have; 0 for other options. */
function wordsOfOwn(option: string): number {
  const [name, value] = option.split(/=(.*)/s);
  // Node takes `_` for `-`.
  const plain = name.startsWith("--") ? name.replaceAll("_", "-") : name;
  if (/^--(experimental-)?test/.test(plain)) return 1;
  const words = Object.hasOwn(OWN, plain) ? OWN[plain] : 0;
  return value === undefined ? words : Math.min(words, 1);
}

/** The environment of a program, without what its workers must not have, in `NODE_OPTIONS` too. */
export function inheritedEnvironment(
  environment: Record<string, string | undefined>,
): Record<string, string | undefined> {
  const { NODE_OPTIONS, ...rest } = environment;
  const entries = Object.entries(rest).filter(([name, value]) =>
    value !== undefined && !OWN_VARIABLES.test(name)
  );
  const kept = Object.fromEntries(entries);
  if (NODE_OPTIONS === undefined) return kept;
  // Split at spaces outside of quotes. Quotes stay, because Node reads the words once more.
  const words = NODE_OPTIONS.match(/(?:[^\s"]|"(?:\\.|[^"\\])*"?)+/g) ?? [];
  return { ...kept, NODE_OPTIONS: inheritedNodeOptions(words).join(" ") };
}

/** The environment of a worker that has one of its own. With `DENO_DIR`, so that Deno finds its cache. */
export function ownEnvironment(
  environment: Record<string, string | undefined>,
  { DENO_DIR }: Record<string, string | undefined>,
): Record<string, string | undefined> {
  return inheritedEnvironment(DENO_DIR === undefined ? environment : { DENO_DIR, ...environment });
}
