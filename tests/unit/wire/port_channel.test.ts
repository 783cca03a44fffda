import { expect, test } from "vitest";
import { portChannel } from "../../../lib/wire/port_channel.ts";

test("messages arrive in order, and what moves is gone at the sender", async () => {
  const { port1, port2 } = new MessageChannel();
  const [sender, receiver] = [portChannel(port1), portChannel(port2)];
  const buffer = new ArrayBuffer(8);
  const got = await new Promise<unknown[][]>((resolve) => {
    const messages: unknown[][] = [];
    receiver.listen((message) => messages.push(message) === 2 && resolve(messages), () => {});
    sender.post([1, 2], []);
    sender.post([buffer], [buffer]);
  });
  expect([got[0], (got[1][0] as ArrayBuffer).byteLength, buffer.byteLength]).toEqual([[1, 2], 8, 0]);
  sender.close();
  receiver.close();
});

test("a value that cannot be cloned throws, and nothing was sent", () => {
  const { port1, port2 } = new MessageChannel();
  const sender = portChannel(port1);
  expect(() => sender.post([() => 1], [])).toThrow();
  sender.close();
  port2.close();
});
