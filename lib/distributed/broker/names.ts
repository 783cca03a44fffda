/**
 * The names of runs and queues, and every key that is used in Redis: all begin with `polyloop:<queue>:`, so that a user
 * of the broker can be held to one queue.
 *
 * @module
 */

/** The form of a name, which is a part of keys and of job ids. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

/** Whether a text can name a run or a queue. */
export function isName(text: string): boolean {
  return NAME.test(text);
}

/** The form of a name, for error messages. */
export const NAME_RULE = "1 to 64 letters, digits, '.', '_' or '-', the first of them a letter or a digit";

/**
 * Returns the name of a queue or a run.
 *
 * @throws {RangeError} if it has another form
 */
export function checkName(what: "queue" | "run", name: string): string {
  if (typeof name === "string" && isName(name)) return name;
  throw new RangeError(`${what} must be ${NAME_RULE}, got ${JSON.stringify(String(name).slice(0, 80))}`);
}

/** The keys of one queue. */
export class Keys {
  /** What all keys begin with, BullMQ's included. */
  readonly prefix: string;

  constructor(queue: string) {
    this.prefix = `polyloop:${queue}`;
  }

  /** Set of the ids of workers that may be there. */
  get workers(): string {
    return `${this.prefix}:workers`;
  }

  /** A worker's entry in the roster. It expires unless the worker renews it. */
  worker(id: string): string {
    return `${this.prefix}:worker:${id}`;
  }

  /** Set of the fingerprints of versions that may have jobs. */
  get versions(): string {
    return `${this.prefix}:versions`;
  }

  /** Exists while a version is in use, and for an hour after. */
  version(fingerprint: string): string {
    return `${this.prefix}:version:${fingerprint}`;
  }

  /** The beginnings of the keys of BullMQ's queues of a version. */
  queues(fingerprint: string): string[] {
    return Object.values(queueNames(fingerprint)).map((name) => `${this.prefix}:${name}`);
  }

  /** Exists while a worker drains, and until its job chunks have gone to other workers. */
  draining(id: string): string {
    return `${this.prefix}:draining:${id}`;
  }

  /** List of the notes of producers for a worker. */
  notes(worker: string): string {
    return `${this.prefix}:notes:${worker}`;
  }

  /** Set of the names of runs that may be under way. */
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

  /** List of the ids of job chunks of which there is news. */
  wake(run: string): string {
    return `${this.prefix}:wake:${run}`;
  }

  /** Set of the ids of job chunks whose results nobody wants any more. */
  cancelled(run: string): string {
    return `${this.prefix}:cancelled:${run}`;
  }

  /** List of results of a job chunk that came before its end. */
  parts(job: string): string {
    return `${this.prefix}:parts:${job}`;
  }

  /** Is written to find out whether the broker takes writes. It expires within a second. */
  get probe(): string {
    return `${this.prefix}:probe`;
  }
}

/** The names of BullMQ's two queues of a version: job chunks, and inputs that run alone because their job chunk was lost twice. */
export function queueNames(fingerprint: string): { chunks: string; quarantine: string } {
  const version = fingerprint.slice(0, 16);
  return { chunks: `chunks-${version}`, quarantine: `quarantine-${version}` };
}

/** The id of a job chunk: it begins with the run and its producer's token. */
export function jobId(run: string, token: string, number: number): string {
  return `${run}-${token}.${number}`;
}

/** The run and the producer's token in the id of a job chunk; undefined for any other id. */
export function partsOfJobId(id: string): { run: string; token: string } | undefined {
  const match = /^(.+)-([a-z0-9]+)\.\d+$/.exec(id);
  return match && isName(match[1]) ? { run: match[1], token: match[2] } : undefined;
}

/** Makes a random text of twelve letters and digits. */
export function newToken(): string {
  const words = crypto.getRandomValues(new Uint32Array(2));
  return Array.from(words, (word) => word.toString(36).padStart(7, "0").slice(-6)).join("");
}
