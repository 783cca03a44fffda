/**
 * The settings of workers: environment, arguments, runtime options, memory. A setting that cannot be applied to the
 * kind of worker is refused, because nobody would notice that it was ignored.
 */

/** Settings of a worker. A worker inherits settings that are left out from the program. */
export interface WorkerSettings {
  /** The complete environment of the worker. */
  env?: Record<string, string | undefined>;
  /** The arguments after the program in `process.argv` (on Deno, also in `Deno.args`). */
  argv?: string[];
  /** Options of the runtime. */
  execArgv?: string[];
  resourceLimits?: ResourceLimits;
}

/** Maximum memory of a worker, in megabytes. A worker that needs more is lost with its tasks (`WorkerLostError`). */
export interface ResourceLimits {
  /** Maximum heap without the young generation. */
  maxOldGenerationSizeMb?: number;
  /** Maximum size of the young generation: the part of the heap for new objects. */
  maxYoungGenerationSizeMb?: number;
  /** Maximum memory for compiled code. Only for threads of Node. */
  codeRangeSizeMb?: number;
  /** Maximum stack. Only for threads of Node. */
  stackSizeMb?: number;
}

interface Place {
  isolation: "thread" | "process" | "none";
  isDeno: boolean;
  /** Whether threads are `node:worker_threads`. */
  isNode: boolean;
  /** Whether the program is compiled, and its worker processes run the program itself. */
  isCompiled: boolean;
  /** Whether the worker has its own permissions. */
  isRestricted: boolean;
}

/**
 * Refuses settings that cannot be applied to this kind of worker.
 *
 * @throws {TypeError} if there are such settings
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
      "resourceLimits cannot be set on Bun, whose engine has no such limits: omit them",
    );
  }
  if (isolation === "thread") return;
  const threadsAlone = (["codeRangeSizeMb", "stackSizeMb"] as const)
    .filter((name) => settings.resourceLimits?.[name] !== undefined);
  if (threadsAlone.length > 0) {
    throw new TypeError(
      `resourceLimits.${threadsAlone[0]} cannot be set for processes: omit it, or use threads of Node`,
    );
  }
  if (isCompiled && names.some((name) => name !== "env")) {
    throw new TypeError(
      `${all} cannot be set in a compiled program, whose worker processes run the program itself: only env can be set`,
    );
  }
  const grant = isRestricted &&
    settings.execArgv?.find((option) => /^(-A|--?allow|--?permission|-[A-Z])/.test(option));
  if (grant) {
    throw new TypeError(`execArgv must not contain ${grant} if permissions is set: grant it in permissions`);
  }
}

/** Returns the options of V8 that limit the memory of a process. */
export function memoryFlags(
  { maxOldGenerationSizeMb: old, maxYoungGenerationSizeMb: young }: ResourceLimits,
): string[] {
  return [
    old === undefined ? [] : [`--max-old-space-size=${Math.ceil(old)}`],
    // The young generation consists of three semi-spaces.
    young === undefined ? [] : [`--max-semi-space-size=${Math.max(1, Math.floor(young / 3))}`],
  ].flat();
}
