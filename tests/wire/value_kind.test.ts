/** What values are to the structured clone, whatever a platform makes of them. */
import vm from "node:vm";
import { expect, test } from "vitest";
import { type Boundary, kindOf } from "../../lib/wire/value_kind.ts";

const BOUNDARIES: Boundary[] = ["thread", "process"];

/** The words of a misfit, or the kind. */
function told(value: object, boundary: Boundary): string {
  const kind = kindOf(value, boundary);
  return typeof kind === "string" ? kind : kind.what;
}

class Point {
  x = 1;
  #hidden = 2;
  sum() {
    return this.x + this.#hidden;
  }
}

test.each(BOUNDARIES)("what the language has is known by its nature, not by its name (%s)", (boundary) => {
  class OwnMap extends Map {}
  const cases: [object, string][] = [
    [[1], "array"],
    [{ a: 1 }, "fields"],
    [Object.create(null), "fields"],
    [new Point(), "fields"],
    [{ [Symbol.toStringTag]: "Map" }, "fields"],
    [vm.runInNewContext("({ a: 1 })"), "fields"],
    [vm.runInNewContext("new Map()"), "map"],
    [new OwnMap(), "map"],
    [new Set(), "set"],
    [new Date(NaN), "whole"],
    [/a/, "regexp"],
    [new ArrayBuffer(1), "whole"],
    [new DataView(new ArrayBuffer(1)), "view"],
    [Object("text"), "whole"],
    [Object(1n), "whole"],
    [new TypeError("t"), "error"],
    [new DOMException("d"), "error"],
  ];
  for (const [value, kind] of cases) expect(told(value, boundary)).toBe(kind);
});

test.each(BOUNDARIES)("what a platform has, and what has nothing public, is refused (%s)", (boundary) => {
  class Hidden {
    #value = 1;
    get value() {
      return this.#value;
    }
  }
  class Tagged extends URL {
    tag = 1;
  }
  const cases: [object, RegExp][] = [
    [new URL("http://a/"), /^is a URL$/],
    [new Tagged("http://a/"), /^is a URL$/],
    [new Headers(), /^is a Headers$/],
    [new Response(), /^is a Response$/],
    [new FormData(), /^is a FormData$/],
    [new AbortController(), /^is an AbortController$/],
    [new EventTarget(), /^is an EventTarget$/],
    [new Event("x"), /^is an Event$/],
    [new TextEncoder(), /^is a TextEncoder$/],
    [new ReadableStream(), /^is a ReadableStream/],
    [Promise.resolve(), /^is a Promise$/],
    [new WeakMap(), /^is a WeakMap$/],
    [new Hidden(), /^is a Hidden, which has no public fields$/],
    [Object.create(Map.prototype), /Map/],
    [Object.assign(new Map(), { extra: 1 }), /^is a Map with a property of its own \(extra\)/],
    [Object.assign(Object("ab"), { extra: 1 }), /^is a String with a property of its own \(extra\)/],
    [(function* () {})(), /^is a Generator/],
  ];
  for (const [value, words] of cases) expect(told(value, boundary)).toMatch(words);
});

test("a process shares no memory, and gets no object that the platform alone can clone", async () => {
  const { subtle } = crypto;
  const key = await subtle.generateKey({ name: "AES-GCM", length: 128 }, true, ["encrypt"]);
  const values = [new Blob(["a"]), key, new SharedArrayBuffer(1), new WebAssembly.Module(WASM)];
  expect(values.map((value) => told(value, "thread"))).toEqual(["whole", "whole", "whole", "whole"]);
  for (const value of values) expect(kindOf(value, "process")).toHaveProperty("what");
  const view = new Uint8Array(new SharedArrayBuffer(1));
  expect(told(view, "thread")).toBe("view");
  expect(told(view, "process")).toMatch(/SharedArrayBuffer/);
});

/** The shortest module. */
const WASM = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
