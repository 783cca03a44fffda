/**
 * The options and the environment variables that worker processes inherit on Node and Bun. Settings that are meant for
 * one process are left out.
 */

/**
 * Options that a worker must not inherit, without a value and with one, which may be a word of its own.
 *
 * - What to run, because a worker has its own entry. (`--snapshot-blob` starts the program's.)
 * - A debugger, because it would use the same port. With `--inspect-brk`, a worker waits for the debugger before
 *   anything else, and would not notice the end of its parent.
 * - A restart when files change, because the worker would restart without its parent.
 * - Names of files that each process writes, because the last process would overwrite the others' files.
 */
const OWN_ALONE =
  ("-c --check -i --interactive --entry-url --build-snapshot --inspect --inspect-brk --inspect-wait " +
    "--inspect-brk-node --watch --watch-preserve-output --hot").split(" ");
const OWN_WITH_VALUE =
  ("-e -p -pe --eval --print --run --input-type --snapshot-blob --build-snapshot-config --inspect-port " +
    "--debug-port --inspect-publish-uid --watch-path --watch-kill-signal --cpu-prof-name " +
    "--heap-prof-name --report-filename").split(" ");

/** Environment variables of debuggers, watchers and test runners, which are meant for one process. */
const OWN_VARIABLES = /^(WATCH_REPORT_DEPENDENCIES|NODE_TEST_CONTEXT|BUN_INSPECT.*)$/;

/** Returns the options of a program without those that its workers must not inherit. */
export function inheritedNodeOptions(options: string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at < options.length; at++) {
    const words = wordsOfOwn(options[at]);
    if (words === 0) kept.push(options[at]);
    else at += words - 1;
  }
  return kept;
}

/** Returns the number of words of an option that a worker must not inherit; 0 for other options. */
function wordsOfOwn(option: string): number {
  const [name, value] = option.split(/=(.*)/s);
  // Node accepts `_` in place of `-`.
  const plain = name.startsWith("--") ? name.replaceAll("_", "-") : name;
  if (/^--(experimental-)?test/.test(plain)) return 1;
  const words = OWN_ALONE.includes(plain) ? 1 : OWN_WITH_VALUE.includes(plain) ? 2 : 0;
  return value === undefined ? words : Math.min(words, 1);
}

/** Returns the environment of a program without what its workers must not inherit, also in `NODE_OPTIONS`. */
export function inheritedEnvironment(
  environment: Record<string, string | undefined>,
): Record<string, string | undefined> {
  const { NODE_OPTIONS, ...rest } = environment;
  const entries = Object.entries(rest).filter(([name, value]) =>
    value !== undefined && !OWN_VARIABLES.test(name)
  );
  const kept = Object.fromEntries(entries);
  if (NODE_OPTIONS === undefined) return kept;
  // Split at spaces outside of quotes. Quotes stay, because Node parses the words again.
  const words = NODE_OPTIONS.match(/(?:[^\s"]|"(?:\\.|[^"\\])*"?)+/g) ?? [];
  return { ...kept, NODE_OPTIONS: inheritedNodeOptions(words).join(" ") };
}

/** Returns the environment of a worker whose `env` option is set. Adds `DENO_DIR`, so that Deno finds its cache. */
export function ownEnvironment(
  environment: Record<string, string | undefined>,
  { DENO_DIR }: Record<string, string | undefined>,
): Record<string, string | undefined> {
  return inheritedEnvironment(DENO_DIR === undefined ? environment : { DENO_DIR, ...environment });
}
