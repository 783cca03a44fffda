/** JSON lines from file to file, as a hand-written program for speed: large reads, split at newlines. */

import { once } from "node:events";
import { createReadStream, createWriteStream } from "node:fs";
import process from "node:process";

const [input, output] = process.argv.slice(2);
const file = createWriteStream(output);
let rest = "";
for await (const chunk of createReadStream(input, { encoding: "utf8", highWaterMark: 1 << 18 })) {
  const lines = (rest + chunk).split("\n");
  rest = lines.pop()!;
  let text = "";
  for (const line of lines) text += JSON.stringify(JSON.parse(line)) + "\n";
  if (!file.write(text)) await once(file, "drain");
}
if (rest !== "") file.write(JSON.stringify(JSON.parse(rest)) + "\n");
file.end();
await once(file, "finish");
