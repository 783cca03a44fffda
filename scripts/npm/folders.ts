/** The files of a package's folder. */

/** Lists the files in a folder and all folders in it, by their paths from it, in order. */
export async function filesIn(folder: string, under = ""): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${folder}/${under}`)) {
    if (isDirectory) files.push(...await filesIn(folder, `${under}${name}/`));
    else files.push(`${under}${name}`);
  }
  return files.sort();
}
