/**
 * What a program may set for its workers: environment, arguments, options of the runtime, memory. Not every runtime can set
 * all of it for every worker; what it cannot is refused, because nobody would see that it was ignored.
 *
 * @module
 */

/** Settings of a worker. What is left out is as it is for the program. */
export interface WorkerSettings {
  /** Its whole environment. */
  env?: Record<string, string | undefined>;
  /** What `process.argv` (on Deno, `Deno.args` too) has after the program. */
  argv?: string[];
  /** Options of the runtime. */
  execArgv?: string[];
  resourceLimits?: ResourceLimits;
}

/** How much memory a worker may use, in megabytes. One that uses more is lost (`WorkerLostError`), and its tasks with it. */
export interface ResourceLimits {
  /** The heap, but for what has just been made. */
  maxOldGenerationSizeMb?: number;
  /** The part of the heap for what has just been made. */
  maxYoungGenerationSizeMb?: number;
  /** The memory for compiled code. Threads of Node alone. */
  codeRangeSizeMb?: number;
  /** The stack. Threads of Node alone. */
  stackSizeMb?: number;
}

/** Where a worker is to run. */
interface Place {
  isolation: "thread" | "process" | "none";
  isDeno: boolean;
  /** Whether threads are `node:worker_threads`. */
  isNode: boolean;
  /** Whether the program is compiled, and its processes are that program. */
  isCompiled: boolean;
  /** Whether `permissions` are the worker's own. */
  isRestricted: boolean;
}

/** @throws {TypeError} if a worker there cannot have these */
export function refuseUnsettable(settings: WorkerSettings, place: Place): void {
  const { isolation, isDeno, isNode, isCompiled, isRestricted } = place;
  const names = (Object.keys(settings) as (keyof WorkerSettings)[]).filter((name) =>
    settings[name] !== undefined
  );
  if (names.length === 0) return;
  const all = names.join(", ");
  const isBun = "Bun" in globalThis;
  if (isolation === "none") {
    throw new TypeError(
      `${all} cannot be set with isolation "none": its tasks run in the program's own thread`,
    );
  }
  if (isolation === "thread" && !isNode) {
    const where = isDeno ? "threads of Deno" : "Web Workers";
    throw new TypeError(
      `${all} cannot be set for ${where}${isDeno ? ': use isolation "process"' : ", which have the page's"}`,
    );
  }
  if (settings.resourceLimits && isBun) {
    throw new TypeError(
      "resourceLimits cannot be set on Bun, whose engine has no such limits: leave them out",
    );
  }
  if (isolation === "thread") return;
  const threadsAlone = (["codeRangeSizeMb", "stackSizeMb"] as const)
    .filter((name) => settings.resourceLimits?.[name] !== undefined);
  if (threadsAlone.length > 0) {
    throw new TypeError(
      `resourceLimits.${threadsAlone[0]} cannot be set for processes: leave it out, or use threads of Node`,
    );
  }
  if (isCompiled && names.some((name) => name !== "env")) {
    throw new TypeError(
      `${all} cannot be set in a compiled program, whose processes are that program: only env can`,
    );
  }
  const grant = isRestricted &&
    settings.execArgv?.find((option) => /^(-A|--?allow|--?permission|-[A-Z])/.test(option));
  if (grant) {
    throw new TypeError(`execArgv must not have ${grant} beside permissions: grant it in permissions`);
  }
}

/** The options of V8 that hold a process to its limits. */
export function memoryFlags(
  { maxOldGenerationSizeMb: old, maxYoungGenerationSizeMb: young }: ResourceLimits,
): string[] {
  return [
    old === undefined ? [] : [`--max-old-space-size=${Math.ceil(old)}`],
    // The young generation is three semi-spaces.
    young === undefined ? [] : [`--max-semi-space-size=${Math.max(1, Math.floor(young / 3))}`],
  ].flat();
}
