/** The plugins of the bundle know modules by the ends of their paths, also by those of Windows. */
import { expect, test } from "vitest";
import { isZod } from "../../../scripts/bundle/library_checks.ts";
import { lightNode } from "../../../scripts/bundle/light_node.ts";
import { plainLexer } from "../../../scripts/bundle/packages.ts";
import { loadPeers } from "../../../scripts/bundle/peers.ts";

const FOLDER = "C:\\Users\\me\\polyloop\\";

/** A hook of a plugin, which is given as a plain function. */
type Hook = (...given: string[]) => unknown;

test("zod", () => {
  expect(isZod(`${FOLDER}node_modules\\.deno\\zod@4.6.7\\node_modules\\zod\\v4\\core\\util.js`)).toBe(true);
});

test("the module that names BullMQ and ioredis", async () => {
  const load = loadPeers().load as unknown as Hook;
  expect(await load(`${FOLDER}lib\\distributed\\broker\\bullmq.ts`)).toContain('import("ioredis")');
});

test("the parser that is asm.js", () => {
  const transform = plainLexer().transform as unknown as Hook;
  expect(transform('"use asm"; f();', `${FOLDER}node_modules\\es-module-lexer\\dist\\lexer.asm.js`)).toBe(
    " f();",
  );
});

test("modules that get light ones of Node", () => {
  const { resolveId, transform } = lightNode() as unknown as Record<string, Hook>;
  expect(resolveId("node:process", `${FOLDER}lib\\cli\\main.ts`)).toMatchObject({ moduleSideEffects: false });
  expect(resolveId("node:buffer", `${FOLDER}lib\\cli\\journal\\keeper.ts`)).toBeNull();
  expect(transform("setTimeout(f)", `${FOLDER}lib\\executor\\core.ts`)).toContain("import { setTimeout }");
});
