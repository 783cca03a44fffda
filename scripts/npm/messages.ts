/**
 * Checks the messages of three TypeScript compilers for wrong calls. Each message must name the mistake, in the
 * program's own words.
 */

import type { Installed } from "./install.ts";
import { capture, MANIFEST } from "./package.ts";

const START = `import { Executor } from "${MANIFEST.name}";
const executor = new Executor<typeof import("./tasks.ts")>(new URL("./tasks.ts", import.meta.url));
`;

const NAME = /"triple"' is not assignable to parameter of type '("double" \| "count"|"count" \| "double")'/;
const INPUT = /Argument of type 'string' is not assignable to parameter of type 'number'/;
const INPUTS = /'string\[\]' is not assignable to parameter of type '(.*Iterable|MapInputs)<number>/;

/** Wrong calls, and the message for each. */
const CALLS: [call: string, message: RegExp][] = [
  [`executor.run("triple", 21);`, NAME],
  [`executor.run("double", "21");`, INPUT],
  [`executor.run("double");`, /Expected 2-3 arguments, but got 1/],
  [`executor.stream("count");`, /Expected 2-3 arguments, but got 1/],
  [`executor.run("double", 21, { timeOut: 5 });`, /'timeOut' does not exist in type 'TaskOptions'/],
  [`executor.submit("triple", 21);`, NAME],
  [`executor.submit("double", "21");`, INPUT],
  [`executor.map("triple", [21]);`, NAME],
  [`executor.map("double", ["21"]);`, INPUTS],
  [`executor.map("double", ["21"], { settled: true });`, INPUTS],
  [`executor.map("double", [21], { setled: true });`, /'setled' does not exist in type 'MapOptions<number>'/],
  [`executor.stream("triple", 21);`, NAME],
  [`executor.stream("count", "21");`, INPUT],
  [`executor.broadcast("triple", 21);`, NAME],
  [`executor.broadcast("double", "21");`, INPUT],
  [`executor.executeTasks([{ task: "triple", input: 21 }]);`, /'"triple"' is not assignable to type '"/],
];

/** Correct calls, which compile without a message. */
const SOUND = `
executor.run("double", 21) satisfies Promise<number>;
executor.run((n: number) => \`\${n}\`, 21) satisfies Promise<string>;
executor.run(async (_: unknown, { signal }) => signal.aborted) satisfies Promise<boolean>;
executor.map("double", [21], { settled: true }).toArray() satisfies Promise<{ index: number }[]>;
executor.stream("count", 21) satisfies AsyncIterable<number>;
`;

const COMPILERS = ["typescript-5.2", "typescript-5.9", "typescript"];

/** Options that the oldest compiler supports. */
const OPTIONS = {
  strict: true,
  noEmit: true,
  target: "esnext",
  module: "nodenext",
  lib: ["esnext", "dom"],
  types: [],
  allowImportingTsExtensions: true,
};

/** @throws at the first message that differs from the expected one */
export async function checkMessages({ folder, env }: Installed): Promise<void> {
  const run = async (compiler: string, name: string, source: string) => {
    const files = { compilerOptions: OPTIONS, files: [`${name}.ts`] };
    await Deno.writeTextFile(`${folder}/${name}.ts`, source);
    await Deno.writeTextFile(`${folder}/tsconfig.${name}.json`, JSON.stringify(files));
    const tsc = `node_modules/${compiler}/bin/tsc`;
    return await capture("node", [tsc, "--project", `tsconfig.${name}.json`], { cwd: folder, env });
  };
  // Each call is on its own line, after the lines of the start.
  const first = START.split("\n").length;
  for (const compiler of COMPILERS) {
    await run(compiler, "sound", START + SOUND);
    // The compiler fails, and its output is the message of the error.
    const said: string = await run(compiler, "messages", START + CALLS.map(([call]) => call).join("\n"))
      .then(() => "", (error: Error) => error.message);
    CALLS.forEach(([call, message], at) => {
      const told = aboutLine(said, first + at);
      // The part about the last overload, because version 7 reports only that one.
      const counts = told.slice(Math.max(0, told.lastIndexOf("verload")));
      if (message.test(counts) && !counts.includes("AnyTask")) return;
      throw new Error(`${compiler} has another message than expected for ${call}: ${told || "none"}`);
    });
  }
}

/** Returns the compiler's messages about one line of the program. */
function aboutLine(said: string, line: number): string {
  return said.split(/^(?=messages\.ts)/m).filter((text) => text.startsWith(`messages.ts(${line},`)).join("");
}
