/** A new folder for files, which goes away with the benchmark, however that ends: they are a gigabyte. */
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
