/** Describes the machine and the versions, for the header of each run. */

import { run } from "./child.ts";
import type { Runtime } from "./runtimes.ts";

/** The machine, the runtimes, and the compared programs. */
export interface Machine {
  date: string;
  system: string;
  cpu: string;
  cores: number;
  memory: string;
  deno: string;
  node: string | null;
  python: string | null;
  jq: string | null;
  peers: string[];
}

/** Finds out all versions. */
export async function machine(runtimes: Runtime[]): Promise<Machine> {
  const config = JSON.parse(await Deno.readTextFile(new URL("../../deno.dev.json", import.meta.url)));
  const version = (name: string) => runtimes.find((runtime) => runtime.name === name)?.version ?? null;
  return {
    date: new Date().toISOString().slice(0, 10),
    system: `${Deno.build.os} ${Deno.build.arch}`,
    cpu: await cpu(),
    cores: navigator.hardwareConcurrency,
    memory: `${Math.round(Deno.systemMemoryInfo().total / 2 ** 30)} GB`,
    deno: version("Deno")!,
    node: version("Node"),
    python: await say("python3", "--version"),
    jq: await say("jq", "--version"),
    peers: ["piscina", "tinypool", "workerpool", "poolifier", "p-map"].map((name) =>
      config.imports[name].slice(4)
    ),
  };
}

/** Returns the header as lines of text. */
export function header(
  { date, system, cpu, cores, memory, deno, node, python, jq, peers }: Machine,
): string[] {
  return [
    `${date}, ${system}, ${cores} cores (${cpu}), ${memory} of memory`,
    `Deno ${deno}, Node ${node ?? "not available"}, ${python ?? "no Python"}, ${jq ?? "no jq"}`,
    peers.join(", "),
  ];
}

/** Returns what a program prints about itself; null if it is not installed. */
async function say(...command: string[]): Promise<string | null> {
  return await run(command).then(({ stdout }) => stdout.trim(), () => null);
}

async function cpu(): Promise<string> {
  const info = await Deno.readTextFile("/proc/cpuinfo").catch(() => "");
  return /model name\s*: (.+)/.exec(info)?.[1] ?? "unknown";
}
