/**
 * Reads the module graph of this project from `deno info`, for `check_layers.ts` and for the picture of the
 * architecture.
 */

/** One import statement. `to` is a path below the root if the file belongs to the project, else a specifier. */
export interface Import {
  from: string;
  to: string;
  ours: boolean;
  typeOnly: boolean;
}

/**
 * Returns the imports of the files and of all files that they reach, and a line for each file that cannot be loaded.
 */
export async function readGraph(
  root: string,
  files: string[],
): Promise<{ imports: Import[]; broken: string[] }> {
  // `deno info` accepts one root, so this module imports all files.
  const all = files.map((file) => `import "${root}${file}";`).join("");
  // Without a config, as for a module that was loaded from a URL: a bare specifier cannot be resolved.
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

/** Returns the TypeScript files in a folder, as paths below the root. */
export function listModules(root: string, folder: string): string[] {
  return Array.from(Deno.readDirSync(new URL(folder, root))).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) return listModules(root, path);
    return path.endsWith(".ts") ? [path] : [];
  }).sort();
}
