/** JSON lines from file to file, as a hand-written program with `node:readline`: parses and prints each line. */

import { once } from "node:events";
import { createReadStream, createWriteStream } from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline";

const [input, output] = process.argv.slice(2);
const lines = createInterface({ input: createReadStream(input), crlfDelay: Infinity });
const file = createWriteStream(output);
let text = "";
// By events, because `for await` over the lines takes twice as long.
lines.on("line", (line) => {
  text += JSON.stringify(JSON.parse(line)) + "\n";
  if (text.length < 1 << 16) return;
  if (!file.write(text)) {
    lines.pause();
    file.once("drain", () => lines.resume());
  }
  text = "";
});
await once(lines, "close");
file.end(text);
await once(file, "finish");
