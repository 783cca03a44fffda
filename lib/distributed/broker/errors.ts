/** The errors of a broker and of a run over it. */

import { shown } from "./protocol.ts";

/**
 * What is wrong with the broker:
 * - `unreachable`: there is no connection to it, or it does not answer
 * - `refused`: it does not accept the user, the password or the certificate, or does not permit a command
 * - `unfit`: its settings would lose tasks, or it is too old
 * - `full`: its `maxmemory` is reached
 * - `unavailable`: it answers but takes no writes for now: it is a replica, cannot save, or loads its data
 * - `unknown`: it answers with any other error
 */
export type BrokerTrouble = "unreachable" | "refused" | "unfit" | "full" | "unavailable" | "unknown";

/** The broker cannot be used. The message never contains a password. */
export class BrokerError extends Error {
  /** The name of the class. A bundler does not change it. */
  override readonly name = "BrokerError";
  /** What is wrong. */
  readonly trouble: BrokerTrouble;

  /** Takes the message as users see it. */
  constructor(trouble: BrokerTrouble, message: string) {
    super(message);
    this.trouble = trouble;
  }
}

/** Another producer has the run. */
export class RunHeldError extends Error {
  /** The name of the class. A bundler does not change it. */
  override readonly name = "RunHeldError";
  /** The run's name. */
  readonly run: string;

  /** Takes the run's name and the message as users see it. */
  constructor(run: string, message: string) {
    super(message);
    this.run = run;
  }
}

/** A worker has rejected a job of the run. */
export class RunRefusedError extends Error {
  /** The name of the class. A bundler does not change it. */
  override readonly name = "RunRefusedError";
  /** The run's name. */
  readonly run: string;

  /** Takes the run's name and the message as users see it. */
  constructor(run: string, message: string) {
    super(message);
    this.run = run;
  }
}

/**
 * Errors of Redis that may pass: a replica after a failover, a disk that it cannot save to, too few replicas, a start from a
 * large file, a script that runs.
 */
const UNAVAILABLE =
  /\b(READONLY|MISCONF|NOREPLICAS|LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY)\b|max number of clients/;

/**
 * The client's errors for commands whose connection ended. `Command aborted` is for a pipeline or a transaction of which some replies had
 * arrived. Redis ends blocking commands (`UNBLOCKED`) when its role changes, and the next command shows the new role.
 */
const BROKEN =
  /^(UNBLOCKED|Connection is closed|None of startup nodes|Failed to refresh slots|Too many Cluster|Command aborted|Socket timeout|Command timed out|Socket closed|Stream isn't writeable|Reached the max retries)/;

/** Errors of a URL for another kind of broker, and what is wrong, as the end of "The broker at …". */
const UNFIT: readonly [RegExp, string][] = [
  [/cluster support disabled/, "is no cluster: give one HOST:PORT"],
  [/unknown command .sentinel/i, "is no sentinel: write redis://HOST:PORT without master"],
  [/No such master|retry is disabled\.$/, "knows no primary of this name: correct ?master=NAME"],
];

/** The prefix that the client puts before an error of the first command on a new connection. */
const READY_CHECK = /^Ready check failed: /;

/** Turns an error of the broker or of its client into a `BrokerError`. `label` is the broker's address without secrets. */
export function brokerError(error: unknown, label: string): BrokerError {
  if (error instanceof BrokerError) return error;
  // A transaction is discarded because one of its commands has failed.
  const [previous] = (error as { previousErrors?: unknown[] } | null)?.previousErrors ?? [];
  if (previous !== undefined) return brokerError(previous, label);
  const { code = "", message = String(error) } = error as { code?: string; message?: string };
  // A line number of a script does not help users.
  const text = message.split("\n")[0].replace(READY_CHECK, "").replace(/ script: [0-9a-f]{40}.*$/, "");
  if (/^OOM\b|used memory > 'maxmemory'/.test(text)) {
    return new BrokerError("full", `The broker at ${label} is full: its maxmemory is reached`);
  }
  if (/^(WRONGPASS|NOAUTH|ERR AUTH|ERR invalid password)/.test(text)) {
    return new BrokerError("refused", `The broker at ${label} does not accept this user and password`);
  }
  if (/^NOPERM/.test(text)) {
    return new BrokerError(
      "refused",
      `The broker at ${label} does not permit it: ${text.replace(/^NOPERM /, "")}`,
    );
  }
  const known = UNFIT.find(([pattern]) => pattern.test(text));
  if (known) return new BrokerError("unfit", `The broker at ${label} ${known[1]}`);
  if (UNAVAILABLE.test(text)) {
    return new BrokerError("unavailable", `The broker at ${label} takes no writes now: ${shown(text)}`);
  }
  const reason = reasonOf(code, text);
  if (reason !== undefined) {
    return new BrokerError("unreachable", `The broker at ${label} cannot be reached: ${reason}`);
  }
  if (isReply(error)) {
    return new BrokerError("unknown", `The broker at ${label} answers with an error: ${shown(text)}`);
  }
  if (/Protocol error/.test(text)) {
    return new BrokerError("unfit", `The server at ${label} is not Redis: ${shown(text)}`);
  }
  if (/certificate|UnknownIssuer|self.signed|CERT_|UNABLE_TO_|altname|tls|ssl/i.test(`${code} ${text}`)) {
    return new BrokerError("refused", `The broker at ${label} cannot be trusted: ${text}; ${adviceOn(text)}`);
  }
  return new BrokerError("unknown", `The broker at ${label} cannot be used: ${shown(text)}`);
}

/** Whether the error is an answer of the server. */
export function isReply(error: unknown): boolean {
  return (error as Error | null)?.name === "ReplyError";
}

/** Returns what the user can do about a failed TLS connection. */
function adviceOn(text: string): string {
  if (
    /certificate required|CertificateRequired|handshake failure|HandshakeFailure|bad certificate/i.test(text)
  ) {
    return "it requires a client certificate: use --redis-cert FILE and --redis-key FILE (cert, key)";
  }
  return "for a CA of your own, use --redis-ca FILE (ca)";
}

/** Returns why there is no connection; undefined if the error has another cause. */
function reasonOf(code: string, text: string): string | undefined {
  const known: Record<string, string> = {
    ECONNREFUSED: "connection refused",
    ENOTFOUND: "no such host",
    EAI_AGAIN: "no such host",
    ETIMEDOUT: "no answer",
    ECONNRESET: "it closed the connection",
    EPIPE: "it closed the connection",
    EHOSTUNREACH: "no route to the host",
    ENETUNREACH: "no route to the host",
    ENOENT: "no such socket",
    EACCES: "permission denied",
    "All sentinels are unreachable": "no sentinel answers",
  };
  if (Object.hasOwn(known, code)) return known[code];
  const inText = Object.keys(known).find((name) => text.includes(name));
  if (inText !== undefined) return known[inText];
  return BROKEN.test(text) ? text.replace(/\.$/, "") : undefined;
}
