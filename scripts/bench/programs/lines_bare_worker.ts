/** Passes each line of a block of JSON lines through an async function. */

import { identity } from "./tasks.ts";

const scope = globalThis as unknown as {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  onmessage: (event: MessageEvent<{ number: number; bytes: Uint8Array }>) => void;
};
const encoder = new TextEncoder();
const decoder = new TextDecoder();

scope.onmessage = async ({ data: { number, bytes } }) => {
  const lines = decoder.decode(bytes).split("\n");
  lines.pop();
  const results = [];
  for (const line of lines) results.push(JSON.stringify(await identity(JSON.parse(line))));
  const answer = encoder.encode(`${results.join("\n")}\n`);
  scope.postMessage({ number, bytes: answer }, [answer.buffer]);
};
