/**
 * Takes what tasks print, with the task that prints it. Each body runs in an `AsyncLocalStorage` context that names its task, so
 * tasks whose bodies take turns on one event loop are told apart.
 */

import { uncurried } from "../wire/intrinsics.ts";
import { denoConsole, type DenoLike, LEVEL_OF_STDERR, type Methods, substituteConsole } from "./console.ts";
import type { RunningTask } from "./running_task.ts";

/** A stream to which tasks print. */
type OutputStream = "stdout" | "stderr";

/** Takes text that a task has printed. Without a task, other code of the module has. Returns false if it takes no more. */
export type TakeOutput = (task: RunningTask | undefined, stream: OutputStream, text: string) => boolean;

/** The part of `AsyncLocalStorage` that is used here. */
interface Storage {
  getStore(): unknown;
  run(store: unknown, call: () => void): void;
}

/** Node's streams, which Deno and Bun have, too. */
interface Stream {
  write(chunk: unknown, ...rest: unknown[]): boolean;
}

/** The parts of `process` that are used here. */
interface ProcessLike {
  stdout: Stream;
  stderr: Stream;
  getBuiltinModule(name: "node:async_hooks"): { AsyncLocalStorage: { new (): Storage; prototype: Storage } };
  getBuiltinModule(name: "node:console"): { Console: new (to: Record<OutputStream, Stream>) => Methods };
  getBuiltinModule(name: "node:buffer"): { Buffer: { from(text: string, encoding: string): Uint8Array } };
}

interface DenoStream {
  write(bytes: Uint8Array): Promise<number>;
  writeSync(bytes: Uint8Array): number;
  readonly writable: WritableStream<Uint8Array>;
}

/** Decodes the bytes that one task prints. The bytes of one character may come in two parts. */
type Decoders = Record<OutputStream, TextDecoder>;

interface Printing {
  task: RunningTask;
  take: TakeOutput;
}

export class TaskOutput {
  /** Whether it takes what all tasks print, and what other code of the module prints. */
  readonly takesAll: boolean;
  readonly #realm = realmOutput ??= new RealmOutput();
  readonly #take: TakeOutput;

  /** From now on takes what `console`, `process.stdout`, `process.stderr` and Deno's streams would write in this realm. */
  constructor(take: TakeOutput, { takesAll }: { takesAll: boolean }) {
    this.takesAll = takesAll;
    this.#take = take;
    if (takesAll) this.#realm.add(take);
  }

  /** Calls a function. What it prints, now or later, belongs to the task. */
  run(task: RunningTask, call: () => void): void {
    this.#realm.run({ task, take: this.#take }, call);
  }
}

/** What is printed in this realm, which several workers share where tasks run in the caller's thread. */
class RealmOutput {
  readonly #storage: Storage;
  readonly #getStore: (storage: Storage) => unknown;
  readonly #run: (storage: Storage, store: unknown, call: () => void) => void;
  readonly #takes = new Set<TakeOutput>();
  readonly #decoders = new WeakMap<object, Decoders>();

  constructor() {
    const { process, Deno } = globalThis as unknown as {
      process: ProcessLike;
      Deno?: DenoLike & Record<OutputStream, DenoStream>;
    };
    const { AsyncLocalStorage } = process.getBuiltinModule("node:async_hooks");
    this.#storage = new AsyncLocalStorage();
    this.#getStore = uncurried(AsyncLocalStorage.prototype.getStore as (this: Storage) => unknown);
    this.#run = uncurried(
      AsyncLocalStorage.prototype.run as (this: Storage, store: unknown, call: () => void) => void,
    );
    for (const name of ["stdout", "stderr"] as const) {
      this.#takeStream(name, process);
      if (Deno) this.#takeDenoStream(name, Deno[name]);
    }
    this.#takeConsole(process, Deno);
  }

  add(take: TakeOutput): void {
    this.#takes.add(take);
  }

  run(printing: Printing, call: () => void): void {
    this.#run(this.#storage, printing, call);
  }

  get #printing(): Printing | undefined {
    return this.#getStore(this.#storage) as Printing | undefined;
  }

  #print(stream: OutputStream, text: string): boolean {
    if (text === "") return true;
    const printing = this.#printing;
    if (printing) return printing.take(printing.task, stream, text);
    for (const take of this.#takes) {
      if (take(undefined, stream, text)) return true;
      this.#takes.delete(take);
    }
    return false;
  }

  #printBytes(stream: OutputStream, bytes: Uint8Array): boolean {
    const owner = this.#printing?.task ?? this;
    let decoders = this.#decoders.get(owner);
    if (!decoders) {
      decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
      this.#decoders.set(owner, decoders);
    }
    return this.#print(stream, decoders[stream].decode(bytes, { stream: true }));
  }

  #takeConsole(process: ProcessLike, Deno: DenoLike | undefined): void {
    if (Deno) {
      const take = (text: string, level: number) =>
        this.#print(level < LEVEL_OF_STDERR ? "stdout" : "stderr", text);
      return substituteConsole(denoConsole(Deno, take));
    }
    const { stdout, stderr } = process;
    const { Console } = process.getBuiltinModule("node:console");
    substituteConsole(new Console({ stdout, stderr }));
  }

  #takeStream(name: OutputStream, process: ProcessLike): void {
    const stream = process[name];
    const { write } = stream;
    stream.write = (chunk, ...rest) => {
      const done = rest.find((argument) => typeof argument === "function") as (() => void) | undefined;
      const text = typeof rest[0] === "string" && typeof chunk === "string" && !/^utf-?8$/i.test(rest[0])
        ? process.getBuiltinModule("node:buffer").Buffer.from(chunk, rest[0])
        : chunk;
      const isTaken = typeof text === "string"
        ? this.#print(name, text)
        : text instanceof Uint8Array && this.#printBytes(name, text);
      // Other values are errors, which the stream reports.
      if (!isTaken) return write.call(stream, chunk, ...rest);
      if (done) queueMicrotask(done);
      return true;
    };
  }

  #takeDenoStream(name: OutputStream, stream: DenoStream): void {
    const { write, writeSync } = stream;
    stream.writeSync = (bytes) =>
      this.#printBytes(name, bytes) ? bytes.length : writeSync.call(stream, bytes);
    // deno-lint-ignore require-await -- errors of the call are rejections, as those of Deno's own function
    stream.write = async (bytes) => this.#printBytes(name, bytes) ? bytes.length : write.call(stream, bytes);
    let writable: WritableStream<Uint8Array> | undefined;
    Object.defineProperty(stream, "writable", {
      configurable: true,
      get: () => writable ??= new WritableStream({ write: async (bytes) => void await stream.write(bytes) }),
    });
  }
}

let realmOutput: RealmOutput | undefined;
