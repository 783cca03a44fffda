/**
 * What can be wrong with a broker or a run over it, as errors that callers tell apart.
 *
 * @module
 */

/**
 * What is wrong with the broker: it cannot be reached, does not let us in, is set up in a way that would lose tasks,
 * or has no memory left.
 */
export type BrokerTrouble = "unreachable" | "refused" | "unfit" | "full";

/** The broker cannot be used. The message never holds a password. */
export class BrokerError extends Error {
  /** The name of the class, also where it was bundled. */
  override readonly name = "BrokerError";
  /** What is wrong. */
  readonly trouble: BrokerTrouble;

  /** Made where the broker is asked for something; the message is shown as it is. */
  constructor(trouble: BrokerTrouble, message: string) {
    super(message);
    this.trouble = trouble;
  }
}

/** Another producer has the run. */
export class RunHeldError extends Error {
  /** The name of the class, also where it was bundled. */
  override readonly name = "RunHeldError";
  /** The run's name. */
  readonly run: string;

  /** Made by the producer that came second. */
  constructor(run: string, message: string) {
    super(message);
    this.run = run;
  }
}

/** The workers that are there do not serve this run: their module is another, or has no such task. */
export class RunRefusedError extends Error {
  /** The name of the class, also where it was bundled. */
  override readonly name = "RunRefusedError";
  /** The run's name. */
  readonly run: string;

  /** Made by the producer that none of the workers serves. */
  constructor(run: string, message: string) {
    super(message);
    this.run = run;
  }
}

/** An error of the broker or of its client → ours. `label` is the broker's address without secrets. */
export function brokerError(error: unknown, label: string): BrokerError {
  if (error instanceof BrokerError) return error;
  const { code = "", message = String(error) } = error as { code?: string; message?: string };
  const text = message.split("\n")[0];
  if (/^OOM\b|used memory > 'maxmemory'/.test(text)) {
    return new BrokerError("full", `The broker at ${label} is full: its maxmemory is reached`);
  }
  if (/^(WRONGPASS|NOAUTH|ERR AUTH|ERR invalid password)/.test(text)) {
    return new BrokerError("refused", `The broker at ${label} does not take this user and password`);
  }
  if (/^NOPERM/.test(text)) {
    return new BrokerError(
      "refused",
      `The broker at ${label} does not permit it: ${text.replace(/^NOPERM /, "")}`,
    );
  }
  if (/certificate|UnknownIssuer|self.signed|CERT_|UNABLE_TO_|altname|tls|ssl/i.test(`${code} ${text}`)) {
    const how = "a CA of your own is named by --redis-ca FILE (ca)";
    return new BrokerError("refused", `The broker at ${label} cannot be trusted: ${text}; ${how}`);
  }
  return new BrokerError("unreachable", `The broker at ${label} cannot be reached: ${reasonOf(code, text)}`);
}

function reasonOf(code: string, text: string): string {
  const known: Record<string, string> = {
    ECONNREFUSED: "connection refused",
    ENOTFOUND: "no such host",
    EAI_AGAIN: "no such host",
    ETIMEDOUT: "no answer",
    ECONNRESET: "it closed the connection",
    EHOSTUNREACH: "no route to the host",
  };
  if (known[code]) return known[code];
  return Object.entries(known).find(([name]) => text.includes(name))?.[1] ?? text;
}
