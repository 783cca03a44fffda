/** Deno keeps memory for a port until that very port is closed: an executor leaves none open. */
import { expect, test } from "vitest";
import { Executor } from "../../mod.ts";

test('both ports of an executor on "none" are closed with it, whether or not it has started', async () => {
  const plain = globalThis.MessageChannel;
  const open = new Set<MessagePort>();
  globalThis.MessageChannel = class extends plain {
    constructor() {
      super();
      for (const port of [this.port1, this.port2]) {
        open.add(port);
        port.close = () => {
          open.delete(port);
          MessagePort.prototype.close.call(port);
        };
      }
    }
  };
  try {
    const used = new Executor(null, { isolation: "none" });
    expect(await used.run((n: number) => n, 1)).toBe(1);
    expect(open.size).toBe(2);
    const starting = new Executor(null, { isolation: "none" });
    const ready = starting.ready().catch(() => {});
    await Promise.all([used.close(), starting.terminate(), ready]);
    await expect.poll(() => open.size).toBe(0);
  } finally {
    globalThis.MessageChannel = plain;
  }
});
