/**
 * The names of runs and queues, and every key that is used in Redis: all begin with `polyloop:<queue>:`, so that a user
 * of the broker can be held to one queue.
 *
 * @module
 */

/** What a name may be; it is a part of keys and of job ids. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

/** Whether a text can name a run or a queue. */
export function isName(text: string): boolean {
  return NAME.test(text);
}

/** What is expected of a name, for error messages. */
export const NAME_RULE = "1 to 64 letters, digits, '.', '_' or '-', the first of them a letter or a digit";

/**
 * Returns the name.
 *
 * @throws {RangeError} if it is none
 */
export function checkName(what: "queue" | "run", name: string): string {
  if (typeof name === "string" && isName(name)) return name;
  throw new RangeError(`${what} must be ${NAME_RULE}, got ${JSON.stringify(String(name).slice(0, 80))}`);
}

/** The keys of one queue. */
export class Keys {
  /** What BullMQ puts before the name of a queue, and we before everything else. */
  readonly prefix: string;

  constructor(queue: string) {
    this.prefix = `polyloop:${queue}`;
  }

  /** The ids of the workers that may be there. */
  get workers(): string {
    return `${this.prefix}:workers`;
  }

  /** What a worker says of itself; it goes when the worker does. */
  worker(id: string): string {
    return `${this.prefix}:worker:${id}`;
  }

  /** The fingerprints of the versions that there may be jobs of. */
  get versions(): string {
    return `${this.prefix}:versions`;
  }

  /** Stands while a version is in use, and for an hour after. */
  version(fingerprint: string): string {
    return `${this.prefix}:version:${fingerprint}`;
  }

  /** What the keys of BullMQ's queues of a version begin with. */
  queues(fingerprint: string): string[] {
    return Object.values(queueNames(fingerprint)).map((name) => `${this.prefix}:${name}`);
  }

  /** Stands while a worker drains, and until its chunks have been given to others. */
  draining(id: string): string {
    return `${this.prefix}:draining:${id}`;
  }

  /** What producers have to say to a worker. */
  notes(worker: string): string {
    return `${this.prefix}:notes:${worker}`;
  }

  /** The ids of the runs that may be under way. */
  get runs(): string {
    return `${this.prefix}:runs`;
  }

  /** The lock of a run: its producer's token. */
  lock(run: string): string {
    return `${this.prefix}:lock:${run}`;
  }

  /** Who held that lock last. */
  fence(run: string): string {
    return `${this.prefix}:fence:${run}`;
  }

  /** What a run says of itself. */
  about(run: string): string {
    return `${this.prefix}:about:${run}`;
  }

  /** The ids of chunks of which there is news. */
  wake(run: string): string {
    return `${this.prefix}:wake:${run}`;
  }

  /** The ids of chunks whose results nobody wants any more. */
  cancelled(run: string): string {
    return `${this.prefix}:cancelled:${run}`;
  }

  /** Results of a chunk that has not ended. */
  parts(job: string): string {
    return `${this.prefix}:parts:${job}`;
  }

  get probe(): string {
    return `${this.prefix}:probe`;
  }
}

/** BullMQ's two queues of a module: chunks, and inputs that are run alone because their chunk was lost twice. */
export function queueNames(fingerprint: string): { chunks: string; quarantine: string } {
  const version = fingerprint.slice(0, 16);
  return { chunks: `chunks-${version}`, quarantine: `quarantine-${version}` };
}

/** A chunk's id: of a run, by one producer of it. */
export function jobId(run: string, token: string, number: number): string {
  return `${run}-${token}.${number}`;
}

/** The run and the producer of a chunk; nothing if it is no such id. */
export function partsOfJobId(id: string): { run: string; token: string } | undefined {
  const match = /^(.+)-([a-z0-9]+)\.\d+$/.exec(id);
  return match && isName(match[1]) ? { run: match[1], token: match[2] } : undefined;
}

/** A text of twelve letters and digits that nobody else has. */
export function newToken(): string {
  const words = crypto.getRandomValues(new Uint32Array(2));
  return Array.from(words, (word) => word.toString(36).padStart(7, "0").slice(-6)).join("");
}
