/**
 * The names of runs and queues, and all keys in Redis. Every key begins with `polyloop:<queue>:`, so that a user of the
 * broker can be restricted to one queue. In a cluster it begins with `{polyloop:<queue>}:`: keys with the same text in braces are in
 * one slot, and only such keys can be used together.
 */

/**
 * How long keys stay after their last renewal, in milliseconds. A guess: longer than a restart of Redis or a pause of a worker. If it
 * were longer, each killed run would keep some kB in Redis for that time.
 */
export const KEYS_LAST = 3_600_000;

/** The pattern of a name. Names are parts of keys and of job ids. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

/** Whether a text can name a run or a queue. */
export function isName(text: string): boolean {
  return NAME.test(text);
}

/** The rule for names, for error messages. */
export const NAME_RULE = "1 to 64 letters, digits, '.', '_' or '-', the first of them a letter or a digit";

/**
 * Returns the name of a queue or a run.
 *
 * @throws {RangeError} if the name breaks the rule
 */
export function checkName(what: "queue" | "run" | "label" | "on", name: string): string {
  if (typeof name === "string" && isName(name)) return name;
  throw new RangeError(`${what} must be ${NAME_RULE}, got ${JSON.stringify(String(name).slice(0, 80))}`);
}

/** The rule for the start of keys, for error messages. */
export const PREFIX_RULE =
  "1 to 64 letters, digits, '.', '_', ':' or '-', of which some may be in braces, as in {jobs}";

/** Whether a text can be the start of keys. */
export function isPrefix(text: string): boolean {
  return /^(?=.{1,64}$)[\w.:-]*(\{[\w.:-]+\}[\w.:-]*)?$/.test(text);
}

/**
 * Returns the start of all keys.
 *
 * @throws {RangeError} if it breaks the rule
 */
export function checkPrefix(prefix: string): string {
  if (typeof prefix === "string" && isPrefix(prefix)) return prefix;
  throw new RangeError(`prefix must be ${PREFIX_RULE}, got ${JSON.stringify(String(prefix).slice(0, 80))}`);
}

export class Keys {
  readonly queue: string;
  /** The prefix of all keys, including BullMQ's. */
  readonly prefix: string;

  constructor(queue: string, { prefix = "polyloop", isCluster = false } = {}) {
    const start = `${prefix}:${queue}`;
    this.queue = queue;
    this.prefix = isCluster && !prefix.includes("{") ? `{${start}}` : start;
  }

  /** A set with the ids of workers that may be present. */
  get workers(): string {
    return `${this.prefix}:workers`;
  }

  /** A worker's entry in the roster. It expires unless the worker renews it. */
  worker(id: string): string {
    return `${this.prefix}:worker:${id}`;
  }

  /** A set with the fingerprints of versions that may have jobs. */
  get versions(): string {
    return `${this.prefix}:versions`;
  }

  /** Exists while a version is in use, and for an hour afterwards. */
  version(fingerprint: string): string {
    return `${this.prefix}:version:${fingerprint}`;
  }

  /** A set with the names of the pools that may have jobs of a version. */
  pools(fingerprint: string): string {
    return `${this.prefix}:pools:${fingerprint}`;
  }

  /** The prefixes of the keys of BullMQ's queues for a version and these pools. */
  queues(fingerprint: string, pools: readonly string[] = [""]): string[] {
    return pools.flatMap((pool) =>
      Object.values(queueNames(fingerprint, pool)).map((name) => `${this.prefix}:${name}`)
    );
  }

  /** Exists while a worker drains, and until other workers have taken over its job chunks. */
  draining(id: string): string {
    return `${this.prefix}:draining:${id}`;
  }

  /** Exists while an operator has paused a run. Its value says who. */
  paused(run: string): string {
    return `${this.prefix}:paused:${run}`;
  }

  /** A list of the notes that producers and operators have left for a worker. */
  notes(worker: string): string {
    return `${this.prefix}:notes:${worker}`;
  }

  /** A set with the names of runs that may be in progress. */
  get runs(): string {
    return `${this.prefix}:runs`;
  }

  /** The lock of a run. Its value is the producer's token. */
  lock(run: string): string {
    return `${this.prefix}:lock:${run}`;
  }

  /** The token of the last producer that held the lock of a run. */
  fence(run: string): string {
    return `${this.prefix}:fence:${run}`;
  }

  /** A run's entry in the roster. It expires unless the producer renews it. */
  about(run: string): string {
    return `${this.prefix}:about:${run}`;
  }

  /** A list with the ids of job chunks that have news. */
  wake(run: string): string {
    return `${this.prefix}:wake:${run}`;
  }

  /** A set with the ids of job chunks whose results are no longer wanted. */
  cancelled(run: string): string {
    return `${this.prefix}:cancelled:${run}`;
  }

  /** A list with the results of a job chunk that were sent before it ended. */
  parts(job: string): string {
    return `${this.prefix}:parts:${job}`;
  }

  /** A sorted set with the values of a stream, by their numbers. */
  values(job: string): string {
    return `${this.prefix}:values:${job}`;
  }

  /** Exists until the time has passed for which the inputs of a job chunk may wait. */
  waits(job: string): string {
    return `${this.prefix}:waits:${job}`;
  }

  /** A list with what the bodies of a job chunk have printed. */
  printed(job: string): string {
    return `${this.prefix}:printed:${job}`;
  }

  /** The keys that are removed with a job chunk. */
  listsOf(job: string): string[] {
    return [this.parts(job), this.printed(job), this.values(job), this.waits(job)];
  }

  /** A list in which workers say which tasks of a run wait for their start, and which have begun. */
  starts(run: string): string {
    return `${this.prefix}:starts:${run}`;
  }

  /** A list in which producers let tasks of a worker start, and its streams yield more values. */
  grants(worker: string): string {
    return `${this.prefix}:grants:${worker}`;
  }

  /** Written to find out whether the broker accepts writes. It expires within a second. */
  get probe(): string {
    return `${this.prefix}:probe`;
  }
}

/**
 * Returns the names of BullMQ's two queues for a version and a pool of workers. One has job chunks. The other has inputs that run alone,
 * because two workers were lost with their job chunk.
 */
export function queueNames(fingerprint: string, pool: string): { chunks: string; quarantine: string } {
  const version = fingerprint.slice(0, 16) + (pool && `+${pool}`);
  return { chunks: `chunks-${version}`, quarantine: `quarantine-${version}` };
}

/** Returns the id of a job chunk. It begins with the run and its producer's token. */
export function jobId(run: string, token: string, number: number): string {
  return `${run}-${token}.${number}`;
}

/** Returns the run and the producer's token in the id of a job chunk; undefined for any other id. */
export function partsOfJobId(id: string): { run: string; token: string } | undefined {
  const match = /^(.+)-([a-z0-9]+)\.\d+$/.exec(id);
  return match && isName(match[1]) ? { run: match[1], token: match[2] } : undefined;
}

/** Returns a random text of twelve letters and digits. */
export function newToken(): string {
  const words = crypto.getRandomValues(new Uint32Array(2));
  return Array.from(words, (word) => word.toString(36).padStart(7, "0").slice(-6)).join("");
}
