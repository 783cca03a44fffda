/** Uses the installed package as a user would: as a typed library, and as a command. */

import { filesIn } from "./folders.ts";
import type { Installed } from "./install.ts";
import { checkMessages } from "./messages.ts";
import { capture, MANIFEST } from "./package.ts";

const TASKS = `export async function double(n: number): Promise<number> {
  return n * 2;
}

export function* count(n: number): Generator<number> {
  for (let at = 0; at < n; at++) yield at;
}
`;

const PROGRAM = `import { Executor, type ExecutorOptions } from "${MANIFEST.name}";

const module = new URL("./tasks.ts", import.meta.url);
for (const isolation of ["thread", "process"] satisfies ExecutorOptions["isolation"][]) {
  await using executor = new Executor<typeof import("./tasks.ts")>(module, { workers: 2, isolation });
  const one: number = await executor.run("double", 21);
  const many: number[] = await executor.map("double", [1, 2, 3]).toArray();
  const inline: string = await executor.run((n: number) => \`\${n}!\`, 4);
  console.log(isolation, one, many.join(), inline);
}
`;

/** Calls that must not compile. */
const WRONG = `import { Executor } from "${MANIFEST.name}";

const executor = new Executor<typeof import("./tasks.ts")>(new URL("./tasks.ts", import.meta.url));
// @ts-expect-error -- a task that the module does not have
await executor.run("triple", 21);
// @ts-expect-error -- an input of another type
await executor.run("double", "21");
`;

const SERVED = `import { serve } from "${MANIFEST.name}/worker";
import * as tasks from "./tasks.ts";

serve(tasks);
`;

const TSCONFIG = {
  compilerOptions: {
    strict: true,
    noEmit: true,
    target: "esnext",
    module: "nodenext",
    lib: ["esnext", "dom"],
    types: [],
    allowImportingTsExtensions: true,
    erasableSyntaxOnly: true,
  },
  include: ["*.ts"],
};

/** A way to use the package, and its expected output. */
interface Use {
  name: string;
  command: string[];
  says: string;
}

const USES: Use[] = [
  {
    name: "types, strict",
    command: ["tsc", "--noEmit"],
    says: "",
  },
  {
    name: "types, strict, with Node's alone",
    command: ["tsc", "--noEmit", "--lib", "esnext", "--types", "node"],
    says: "",
  },
  {
    name: "run, map, threads and processes",
    command: ["node", "program.ts"],
    says: "thread 42 2,4,6 4!\nprocess 42 2,4,6 4!\n",
  },
  {
    name: "npx polyloop --version",
    command: ["npx", "polyloop", "--version"],
    says: `polyloop ${MANIFEST.version}\n`,
  },
  {
    name: "npx polyloop run",
    command: ["npx", "polyloop", "run", "tasks.ts#double", "-i", "inputs", "--progress", "none"],
    says: "2\n4\n6\n",
  },
];

/** Tries each use. Throws at the first one with another output. */
export async function check({ folder, env }: Installed): Promise<void> {
  const files = {
    "tasks.ts": TASKS,
    "program.ts": PROGRAM,
    "wrong.ts": WRONG,
    "served.ts": SERVED,
    "tsconfig.json": JSON.stringify(TSCONFIG),
    "inputs": "1\n2\n3\n",
  };
  for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${folder}/${name}`, text);
  for (const { name, command: [program, ...args], says } of USES) {
    const said = await capture(program, args, { cwd: folder, env });
    if (said !== says) throw new Error(`${name}: expected ${JSON.stringify(says)}, got ${said}`);
    console.log(`  ok: ${name}`);
  }
  await checkMessages({ folder, env });
  console.log("  ok: the messages of TypeScript 5.2, 5.9 and 7");
  const bytes = await checkWeight(folder);
  console.log(`  ok: one package without dependencies, of at most 2 MB: ${bytes} bytes`);
}

/** The most that the package may take on the disk, in bytes. */
const MOST = 2_000_000;

/** Checks that npm has installed nothing beside the package, and that it is small. Returns its size in bytes. */
async function checkWeight(folder: string): Promise<number> {
  const home = `${folder}/node_modules/${MANIFEST.name}`;
  const { dependencies, scripts } = JSON.parse(await Deno.readTextFile(`${home}/package.json`));
  if (dependencies || scripts) {
    throw new Error("the package has dependencies or scripts, and should have none");
  }
  const texts = await Promise.all((await filesIn(home)).map((file) => Deno.readTextFile(`${home}/${file}`)));
  // The command and the library both need zod, which is 5 % of the package.
  const copies = texts.filter((text) => text.includes("ZodObject")).length;
  if (copies !== 1) throw new Error(`the package has zod ${copies} times, and should have it once`);
  const bytes = texts.reduce((sum, text) => sum + new TextEncoder().encode(text).length, 0);
  if (bytes > MOST) throw new Error(`the package takes ${bytes} bytes, which is more than ${MOST}`);
  return bytes;
}
