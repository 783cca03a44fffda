/**
 * The module graph of this project, as `deno info` knows it: for `check_layers.ts` and for the picture of the architecture.
 *
 * @module
 */

/** One import statement. `to` is a path under the root if the file is ours, else a specifier. */
export interface Import {
  from: string;
  to: string;
  ours: boolean;
  typeOnly: boolean;
}

/** The imports of the files and of all they reach, and a line for each file that cannot be loaded. */
export async function readGraph(
  root: string,
  files: string[],
): Promise<{ imports: Import[]; broken: string[] }> {
  // `deno info` takes one root, so this is one that imports them all.
  const all = files.map((file) => `import "${root}${file}";`).join("");
  // Without a config, as a module that was loaded from a URL: a bare specifier resolves to nothing.
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "--no-config", "--no-lock", "--no-npm", "--no-remote"]
      .concat(`data:application/typescript,${encodeURIComponent(all)}`),
  }).output();
  if (code !== 0) throw new Error(`deno info failed: ${new TextDecoder().decode(stderr)}`);

  const imports: Import[] = [];
  const broken: string[] = [];
  const { modules } = JSON.parse(new TextDecoder().decode(stdout));
  for (const { specifier, error, dependencies = [] } of modules) {
    if (!specifier.startsWith(root)) continue;
    const from = specifier.slice(root.length);
    if (error) broken.push(`${from} cannot be loaded: ${error.split("\n")[0]}`);
    for (const { specifier, code, type } of dependencies) {
      const target: string = (code ?? type).specifier ?? specifier;
      const ours = target.startsWith(root);
      imports.push({ from, to: ours ? target.slice(root.length) : target, ours, typeOnly: !code });
    }
  }
  return { imports, broken };
}

/** TypeScript files under a folder of the root, as paths under the root. */
export function listModules(root: string, folder: string): string[] {
  return Array.from(Deno.readDirSync(new URL(folder, root))).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) return listModules(root, path);
    return path.endsWith(".ts") ? [path] : [];
  }).sort();
}
