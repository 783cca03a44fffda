/** The error for a mistake that the user can correct. `main.ts` prints its message as one line. */

/** Its message is the line that the user reads. */
export class UserError extends Error {
  override readonly name = "UserError";
  /** Whether a service was lost or full. The same command may succeed later. This decides the exit code. */
  readonly isLoss: boolean;

  constructor(message: string, { isLoss = false }: { isLoss?: boolean } = {}) {
    super(message);
    this.isLoss = isLoss;
  }
}

/** Returns the system's reason for a file error, in words: `no such file`, `permission denied`. */
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
      // Node's messages begin with the code and end with the call. The middle is the reason.
      return (message ?? String(error)).split("\n")[0].replace(/^[A-Z]+: /, "").replace(
        /, (open|read|write|stat).*$/,
        "",
      );
  }
}
