import { expect, test } from "vitest";
import { chunkOptions } from "../../../../lib/distributed/options/chunk_options.ts";

test("options that JSON cannot hold are left out or replaced", () => {
  expect(chunkOptions({ timeout: Infinity, gracePeriod: 5 })).toEqual({ gracePeriod: 5 });
  expect(chunkOptions({ timeout: 30, retry: { attempts: Infinity, jitter: true } }))
    .toEqual({ timeout: 30, retry: { attempts: 1e9, jitter: 1 } });
  expect(chunkOptions({})).toEqual({});
});

test.each<[string, Parameters<typeof chunkOptions>[0], string]>([
  ["out of range", { timeout: -1 }, "timeout"],
  ["of the wrong kind", { gracePeriod: "5" as never }, "gracePeriod"],
  ["a function, which does not cross", { retry: { when: () => true } as never }, "retry.when"],
  ["unknown", { retry: { atempts: 3 } as never }, "retry.attempts"],
])("an option that is %s is refused by its name", (_, options, words) => {
  expect(() => chunkOptions(options)).toThrow(words);
});
