/**
 * `process` of `node:process`, as far as the command line uses it in every run.
 */

import { Deno, isLight, isLoaded, wholeProcess } from "./whole.ts";

type Name = string | symbol;

/** A function that is missing in the types of Deno. */
const measured = Deno as unknown as { cpuUsage(): { user: number; system: number } };

/** A standard stream that is no terminal, and on which nothing was queued. */
function plain(stream: { isTerminal(): boolean }, name: "stdout" | "stderr"): unknown {
  if (isLoaded() || stream.isTerminal()) return wholeProcess()[name];
  return { isTTY: false, columns: undefined, rows: undefined, writableLength: 0, destroyed: false };
}

let stdout: unknown;
let stderr: unknown;

const env: unknown = new Proxy({}, {
  get: (_, name: Name) => typeof name === "string" ? Deno.env.get(name) : undefined,
  has: (_, name: Name) => typeof name === "string" && Deno.env.get(name) !== undefined,
  set: (_, name: Name, value) => Reflect.set(wholeProcess().env, name, value),
  deleteProperty: (_, name: Name) => Reflect.deleteProperty(wholeProcess().env, name),
  ownKeys: () => Object.keys(Deno.env.toObject()),
  getOwnPropertyDescriptor: (_, name: Name) =>
    typeof name === "string" && Deno.env.get(name) !== undefined
      ? { value: Deno.env.get(name), enumerable: true, configurable: true, writable: true }
      : undefined,
});

const light = {
  platform: Deno.build.os,
  argv: ["deno", "polyloop", ...Deno.args],
  env,
  get pid() {
    return Deno.pid;
  },
  get stdout() {
    return stdout ??= plain(Deno.stdout, "stdout");
  },
  get stderr() {
    return stderr ??= plain(Deno.stderr, "stderr");
  },
  cwd: () => Deno.cwd(),
  cpuUsage(previous = { user: 0, system: 0 }) {
    const { user, system } = measured.cpuUsage();
    return { user: user - previous.user, system: system - previous.system };
  },
  on(name: string, listener: () => void): void {
    if (isSignal(name)) Deno.addSignalListener(name, listener);
    else wholeProcess().on(name, listener);
  },
  off(name: string, listener: () => void): void {
    if (isSignal(name)) Deno.removeSignalListener(name, listener);
    else wholeProcess().off(name, listener);
  },
  exit(code: number): void {
    // Only `process.exit` fires the event "exit".
    if (isLoaded()) wholeProcess().exit(code);
    Deno.exit(code);
  },
};

function isSignal(name: string): name is Deno.Signal {
  return name.startsWith("SIG");
}

export default isLight
  ? new Proxy(light, {
    get: (own, name: Name) => Object.hasOwn(own, name) ? Reflect.get(own, name) : wholeProcess()[name],
    set: (_, name: Name, value) => Reflect.set(wholeProcess(), name, value),
  })
  : wholeProcess();
