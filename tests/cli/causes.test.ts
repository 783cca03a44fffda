/** Why an input failed, where its error leaves that to its cause. */
import { expect, test } from "vitest";
import { causeText } from "../../lib/cli/task/cause_text.ts";
import { ErrorText } from "../../lib/cli/task/error_text.ts";
import { polyloop } from "./one_process.ts";
import { folder } from "./polyloop.ts";

const cause = (cause: unknown) => ({ cause });
const circle = new Error("outer");
circle.cause = circle;

test.each<[error: Error, cause: string | undefined]>([
  [new Error("outer"), undefined],
  [new Error("outer", cause(new Error("inner"))), "inner"],
  [new Error("outer: inner", cause(new Error("inner"))), undefined],
  [new Error("outer", cause(new Error("", cause(new Error("inmost"))))), "inmost"],
  [new Error("outer", cause("text")), "text"],
  [new Error("outer", cause({ code: 5 })), '{"code":5}'],
  [new Error("outer", cause(new AggregateError([new Error("one"), new Error("two")]))), "one"],
  [new AggregateError([new Error("one"), new Error("two")]), "one"],
  [new AggregateError([]), undefined],
  [circle, undefined],
])("of %o it is what the message does not say", (error, text) => {
  expect(causeText(error)).toBe(text);
});

test.each<[what: string, frames: string[], place: string | undefined]>([
  ["the user's own", ["file:///lib/x.ts:1:2", "file:///app/tasks.ts:3:4"], "/lib/x.ts:1:2"],
  [
    "a package, if there is no other",
    ["file:///app/node_modules/a/b.js:1:2"],
    "/app/node_modules/a/b.js:1:2",
  ],
  [
    "not OpenTelemetry, which calls every task",
    ["file:///app/node_modules/@opentelemetry/api/b.js:1:2"],
    undefined,
  ],
  [
    "not a part of a runtime",
    ["node:net:1:2", "internal:streams/readable:1:2", "ext:core/01.js:1:2"],
    undefined,
  ],
])("the place of an error is %s", (_, frames, place) => {
  const text = new ErrorText({
    url: "file:///app/tasks.ts",
    name: "tasks.ts",
    task: "default",
    implied: true,
  });
  const inner = Object.assign(new Error("inner"), {
    stack: ["Error: inner", ...frames.map((at) => at.startsWith("/") ? `    at ${at}` : `    at f (${at})`)]
      .join("\n"),
  });
  const outer = Object.assign(new Error("outer", cause(inner)), { stack: "Error: outer" });
  expect([text.place(inner), text.place(outer)]).toEqual([place, place]);
});

test("a failure and the summary say why a fetch failed", async () => {
  using home = folder({
    "tasks.mjs": `export default (n) => {
      throw new TypeError("fetch failed", { cause: new Error(n > 1 ? "no such host" : "refused") });
    }`,
  });
  const args = ["run", "tasks.mjs", "-j", "1", "--", "1", "2", "3"];
  const { stderr } = await polyloop(args, { cwd: home.path });
  expect(stderr).toContain("argument 1: TypeError: fetch failed: refused  (tasks.mjs:2");
  expect(stderr).toContain("argument 2: TypeError: fetch failed: no such host  (tasks.mjs:2");
  expect(stderr).toMatch(/failures: .*2 like TypeError: fetch failed: no such host/);
});

test("an error without a name is shown by its message, one without both as that", async () => {
  const task = `(message) => { throw Object.assign(new Error(message), { name: "" }); }`;
  const { stderr } = await polyloop(["run", "-e", task, "-j", "1", "--", "boom", ""], { stdin: null });
  expect(stderr).toContain("argument 1: boom  (-e:1:");
  expect(stderr).toContain("argument 2: an error without name and message  (-e:1:");
});
