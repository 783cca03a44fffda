export const modules = `MODULE is a path, or a URL that the runtime can load. #EXPORT names one of its
functions.

  tasks.ts#fetchPage    .ts .mts .js .mjs .cts .cjs, and on Deno and Bun .tsx .jsx
  x#y.ts                a file of that name, if there is no file x
  https://…, npm:…      on Deno only
  -e 'async (x) => …'   imports with import("./lib.ts"), relative to the current folder

{flags}

Classes, values, setup and teardown are not tasks. If MODULE is a symbolic link, its imports are
resolved from the folder of the link's target. Node strips types from TypeScript, but supports no
enum, namespace or export =.

Packages come from the module's project, the nearest one in the folders above the module:
  Node, Bun, the binary   node_modules
  Deno                    deno.json with its import map and lock file, or package.json

On Deno, threads share polyloop's own project. If the module's project is another one, and the
module imports packages, its tasks run in processes. So do those of a module with an import() of a
computed name, unless --isolation is given. To use one project for both: deno run --config FILE …
cli.ts
`;
