/**
 * The error for a mistake that the user can correct. `main.ts` prints its message as one line.
 *
 * @module
 */

/** Its message is the line that the user reads. */
export class UserError extends Error {
  override readonly name = "UserError";
  /** Whether a service was lost or full, so that the same command may work later. It decides the exit code. */
  readonly isLoss: boolean;

  constructor(message: string, { isLoss = false }: { isLoss?: boolean } = {}) {
    super(message);
    this.isLoss = isLoss;
  }
}

/** What the system says of a file, in words: `no such file`, `permission denied`. */
export function systemReason(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  switch (code) {
    case "ENOENT":
      return "no such file";
    case "EACCES":
    case "EPERM":
      return "permission denied";
    case "EISDIR":
      return "it is a folder";
    case "ENOTDIR":
      return "a part of the path is not a folder";
    case "EMFILE":
      return "too many files are open (ulimit -n)";
    case "ENOSPC":
      return "no space left on the device";
    case "EROFS":
      return "the file system is read-only";
    case "ETXTBSY":
      return "the file is a running program";
    default:
      // Node's messages open with the code and end with the call; the middle says it all.
      return (message ?? String(error)).split("\n")[0].replace(/^[A-Z]+: /, "").replace(
        /, (open|read|write|stat).*$/,
        "",
      );
  }
}
