/**
 * What a task can touch without any right: for each global a task that uses it, and what comes of that. On every
 * isolation, on a terminal and off, it has to work with default permissions.
 */

/** A use of a global: the body of a task, the result it must have, and what stderr must hold. */
export interface GlobalUse {
  body: string;
  result: unknown;
  said?: string[];
}

/** By the name of what is used. */
export const USES: Record<string, GlobalUse> = {
  "console.log": {
    body: `console.log("%s is %d%%, %o", "it", 42, { a: [1, { b: 2 }] }, "more"); return 1;`,
    result: 1,
    said: ["it is 42%, { a: [ 1, { b: 2 }", "more"],
  },
  "console.info": {
    body: `console.info(new Map([["k", { deep: true }]])); return 1;`,
    result: 1,
    said: ["Map(1) {"],
  },
  "console.debug": {
    body: `console.debug([1, , 3], 12n, Symbol("s")); return 1;`,
    result: 1,
    said: ["12n Symbol(s)"],
  },
  "console.warn": { body: `console.warn("a warning"); return 1;`, result: 1, said: ["a warning"] },
  "console.error": {
    body: `console.error("an", new RangeError("error")); return 1;`,
    result: 1,
    said: ["an RangeError: error"],
  },
  "console.group": {
    body: `console.group("outer"); console.log("two\\nlines"); console.group(); console.warn("inner");
      console.groupEnd(); console.groupEnd(); console.groupCollapsed("folded"); console.groupEnd(); return 1;`,
    result: 1,
    said: ["outer", "  two", "  lines", "    inner", "folded"],
  },
  "console.table": {
    body: `console.table([{ a: 1 }, { a: 2 }]); return 1;`,
    result: 1,
    said: ["│ (i", "└─"],
  },
  "console.count": {
    body: `console.count("n"); console.count("n"); console.countReset("n"); console.count("n"); return 1;`,
    result: 1,
    said: ["n: 1", "n: 2"],
  },
  "console.time": {
    body: `console.time("t"); console.timeLog("t", "on"); console.timeEnd("t"); return 1;`,
    result: 1,
    said: ["t: "],
  },
  "console.assert": {
    body: `console.assert(true, "silent"); console.assert(false, "false: %s", "it"); return 1;`,
    result: 1,
    said: ["Assertion failed: false: it"],
  },
  "console.trace": { body: `console.trace("traced"); return 1;`, result: 1, said: ["Trace: traced"] },
  "console.dir": {
    body: `console.dir({ a: { b: { c: {} } } }, { depth: 0 }); console.dirxml("xml"); return 1;`,
    result: 1,
    said: ["[Object]", "xml"],
  },
  "Intl": {
    body:
      `return [new Intl.NumberFormat("de").format(1234.5), (1234.5).toLocaleString("en"), new Intl.DateTimeFormat("en",
      { timeZone: "UTC" }).format(new Date(0)), "b".localeCompare("a"), typeof new Date(0).toString()];`,
    result: ["1.234,5", "1,234.5", "1/1/1970", 1, "string"],
  },
  "crypto": {
    body:
      `const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode("x")));
      return [crypto.randomUUID().length, crypto.getRandomValues(new Uint8Array(4)).length, digest[0]];`,
    result: [36, 4, 0x2d],
  },
  "timers": {
    body: `await new Promise((done) => setTimeout(done, 1));
      await new Promise((done) => { const timer = setInterval(() => { clearInterval(timer); done(); }, 1); });
      await new Promise((done) => setImmediate(done)); await new Promise((done) => queueMicrotask(done));
      await AbortSignal.timeout(1).throwIfAborted?.(); return 1;`,
    result: 1,
  },
  "Error.stack": { body: `return new Error("x").stack.split("\\n")[0];`, result: "Error: x" },
  "Error.captureStackTrace": {
    body: `const o = {}; Error.captureStackTrace?.(o); return typeof o.stack;`,
    result: "string",
  },
  "structuredClone": { body: `return structuredClone(new Map([[1, [2]]])).get(1);`, result: [2] },
  "performance": {
    body: `performance.mark("a"); performance.measure("m", "a"); return [performance.now() > 0,
      performance.timeOrigin > 0, performance.getEntriesByName("m").length > 0];`,
    result: [true, true, true],
  },
  "fetch of a data: URL": {
    body: `return await (await fetch("data:text/plain,hello")).text();`,
    result: "hello",
  },
  "import() of a neighbour": { body: `return (await import("./neighbour.mjs")).value;`, result: "next door" },
  "import() of a data: URL": {
    body: `return (await import("data:text/javascript,export default 7")).default;`,
    result: 7,
  },
  "navigator": {
    body: `return [navigator.hardwareConcurrency > 0, typeof navigator.userAgent];`,
    result: [true, "string"],
  },
  "streams": {
    body: `const text = new Blob(["gz"]).stream().pipeThrough(new CompressionStream("gzip"))
      .pipeThrough(new DecompressionStream("gzip")); return await new Response(text).text();`,
    result: "gz",
  },
  "encoding": {
    body: `return [btoa("a"), atob("YQ=="), new TextDecoder().decode(new Uint8Array([228]).fill(97))];`,
    result: ["YQ==", "a", "a"],
  },
  "URL": {
    body:
      `return [new URL("?q=1", "http://h/p").href, URL.canParse("x:"), [...new URLSearchParams("a=1")].length];`,
    result: ["http://h/p?q=1", true, 1],
  },
  "events": {
    body: `const target = new EventTarget(); let heard = 0; target.addEventListener("e", () => heard++);
      target.dispatchEvent(new Event("e")); target.dispatchEvent(new CustomEvent("e")); return heard;`,
    result: 2,
  },
  "MessageChannel": {
    body:
      `const { port1, port2 } = new MessageChannel(); const got = new Promise((done) => port2.onmessage = done);
      port1.postMessage(5); const { data } = await got; port1.close(); port2.close(); return data;`,
    result: 5,
  },
  "WebAssembly": {
    body: `return WebAssembly.validate(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));`,
    result: true,
  },
  "eval": { body: `return [new Function("a", "return a + 1")(1), (0, eval)("2 + 2")];`, result: [2, 4] },
  "Atomics": { body: `return Atomics.add(new Int32Array(new SharedArrayBuffer(4)), 0, 3);`, result: 0 },
  "weak references": {
    body: `return [new WeakRef({}).deref() !== undefined, typeof new FinalizationRegistry(() => {})];`,
    result: [true, "object"],
  },
  "reportError's kin": {
    body: `try { null.x } catch (error) { return error.constructor.name; }`,
    result: "TypeError",
  },
  "process.stdout": {
    body:
      `process.stdout.write("by stdout\\n"); process.stderr.write("by stderr\\n"); return typeof process.version;`,
    result: "string",
    said: ["by stdout", "by stderr"],
  },
  "node:util": {
    body: `const { inspect, styleText } = process.getBuiltinModule("node:util");
      return [inspect({ a: 1 }), styleText("red", "text").includes("text")];`,
    result: ["{ a: 1 }", true],
  },
  "node:console": {
    body: `const { Console } = process.getBuiltinModule("node:console");
      new Console(process.stdout, process.stderr).log("by another console"); return 1;`,
    result: 1,
    said: ["by another console"],
  },
  "colours of a terminal": {
    body: `process.stderr.hasColors?.(); return typeof (process.stderr.getColorDepth?.() ?? 1);`,
    result: "number",
  },
};

/** A module with a task for all uses: it gets the name of one. */
export function moduleOfUses(): string {
  const tasks = Object.entries(USES).map(([name, { body }]) =>
    `${JSON.stringify(name)}: async () => { ${body} }`
  );
  return `const uses = {\n${tasks.join(",\n")}\n};\nexport default (name) => uses[name]();\n`;
}
