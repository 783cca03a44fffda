/** The version that a module states, found in its text. */
import { expect, test } from "vitest";
import { hasOtherVersion, versionIn } from "../../lib/module_version.ts";

test.each<[text: string, version: string | undefined]>([
  ['export const version = "3";', "3"],
  ["export const version = '3'", "3"],
  ["export const version=`3`;\nexport default () => 1;", "3"],
  ['import x from "./x.ts";\n\nexport const version: string = "1.0.0-β";\n', "1.0.0-β"],
  ['export const version = "3" as const;', "3"],
  ['export const version = "3" satisfies string;', "3"],
  ["export const version = 3;", "3"],
  ["export const version = 3.1\nexport default (x) => x;", "3.1"],
  ["export const version /* of the task */ = // see below\n  'a b';", "a b"],
  ['export const version = "3", other = 1;', "3"],
  ['x => x; export const version = "3"', "3"],
  ['export const version = "3"\n\n\n/** Doc. */\nexport function f() {}', "3"],
  ['const version = "3";\nexport { version };', "3"],
  ['export { a, v as version, b };\nconst v: string = "3";', "3"],
  // After what may confuse a reader of text.
  ['const quote = /["\'`]/; export const version = "3";', "3"],
  ['const a = b / c; // "\nexport const version = "3";', "3"],
  ['const s = x.replace(/`/g, "\\"").split(/[/"]/);\nexport const version = "3";', "3"],
  [
    'const t = `${a ? `"${{ b: "}" }.b}` : "`"} \\` export const version = "2";`;\nexport const version = "3";',
    "3",
  ],
  ["const p = <p>don't</p>;\nexport const version = '3';", "3"],
  ['return /x"/.test(y) / 2;\nexport const version = "3";', "3"],
  // No version.
  ['// export const version = "3";', undefined],
  ['/*\nexport const version = "3";\n*/', undefined],
  ['const text = `\nexport const version = "3";\n`;', undefined],
  ["const text = 'export const version = \"3\";';", undefined],
  ['const version = "3";', undefined],
  ['const version = "3"; export { version as other };', undefined],
  ['export { version } from "./x.ts"; const version = "3";', undefined],
  ['const version = "3"; export { version }; { const version = "4"; }', undefined],
  ['export const versions = "3";', undefined],
  ['export let version = "3";', undefined],
  ["export const version = read();", undefined],
  ['export const version = "3" + suffix;', undefined],
  ['export const version = "3"\n  + suffix;', undefined],
  ['export const version = "3".repeat(2);', undefined],
  ["export const version = `3${suffix}`;", undefined],
  ["export const version = () => '3';", undefined],
  ["export const version = 3 * 4;", undefined],
  ["export function version() {}", undefined],
  ["", undefined],
])("%j states %j", (text, version) => {
  expect(versionIn(text)).toBe(version);
});

test("a version in another form is seen, so that a message can say that it does not count", () => {
  const others = [
    'export let version = "3";',
    'export const name = "a", version = "3";',
    "export const { version } = read();",
    'export { version } from "./x.ts";',
    'module.exports.version = "3";',
    "export const version = `3${suffix}`;",
  ];
  expect(others.filter((text) => !hasOtherVersion(text))).toEqual([]);
  const none = [
    'export const version = "3";',
    "export const f = (version) => version;",
    '// export let version = "3";',
  ];
  expect(none.filter(hasOtherVersion)).toEqual([]);
});
