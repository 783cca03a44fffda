/**
 * The settings of workers: environment, arguments, options of the runtime, memory. A setting that the runtime cannot apply to
 * such workers is refused, because nobody would see that it was ignored.
 *
 * @module
 */

/** Settings of a worker. A setting that is left out is that of the program. */
export interface WorkerSettings {
  /** The whole environment of the worker. */
  env?: Record<string, string | undefined>;
  /** The arguments in `process.argv` (on Deno, in `Deno.args` too) after the program. */
  argv?: string[];
  /** Options of the runtime. */
  execArgv?: string[];
  resourceLimits?: ResourceLimits;
}

/** Memory that a worker may use, in megabytes. A worker that uses more is lost with its tasks (`WorkerLostError`). */
export interface ResourceLimits {
  /** The heap without the young generation. */
  maxOldGenerationSizeMb?: number;
  /** The young generation: the part of the heap for new objects. */
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

/**
 * Refuses settings that such a worker cannot have.
 *
 * @throws {TypeError} if there are such
 */
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

/** The options of V8 that limit the memory of a process. */
export function memoryFlags(
  { maxOldGenerationSizeMb: old, maxYoungGenerationSizeMb: young }: ResourceLimits,
): string[] {
  return [
    old === undefined ? [] : [`--max-old-space-size=${Math.ceil(old)}`],
    // The young generation is three semi-spaces.
    young === undefined ? [] : [`--max-semi-space-size=${Math.max(1, Math.floor(young / 3))}`],
  ].flat();
}
