/**
 * Makes a temporary folder for files of about a gigabyte. It is removed when the benchmark ends, for whatever reason.
 */
export function temporaryFolder(): Disposable & { path: string } {
  const path = Deno.makeTempDirSync({ prefix: "polyloop-bench-" });
  const remove = () => Deno.removeSync(path, { recursive: true });
  const leave = () => {
    remove();
    Deno.exit(130);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, leave);
  return { path, [Symbol.dispose]: remove };
}
