import { expect, test } from "vitest";
import { callTerms } from "../../../../lib/distributed/options/chunk_options.ts";

test("options that JSON cannot hold are left out or replaced", () => {
  expect(callTerms({ timeout: Infinity, gracePeriod: 5 }).options).toEqual({ gracePeriod: 5 });
  expect(callTerms({ timeout: 30, queueTimeout: 7, retry: { attempts: Infinity, jitter: true } }).options)
    .toEqual({ timeout: 30, queueTimeout: 7, retry: { attempts: 1e9, jitter: 1 } });
  expect(callTerms({}).options).toEqual({});
});

test.each<[string, Parameters<typeof callTerms>[0], string]>([
  ["out of range", { timeout: -1 }, "timeout"],
  ["of the wrong kind", { gracePeriod: "5" as never }, "gracePeriod"],
  ["of the executor", { retry: { pause: "all" } as never }, "retry.pause"],
  ["unknown", { retry: { atempts: 3 } as never }, "retry.attempts"],
])("an option that is %s is refused by its name", (_, options, words) => {
  expect(() => callTerms(options)).toThrow(words);
});

test("a call has the options of its executor that it does not set, also those of retry", () => {
  const defaults = { timeout: 5, queueTimeout: 6, retry: { attempts: 3, minDelay: 7 } };
  expect(callTerms({ timeout: 1, retry: { attempts: 2 } }, defaults).options)
    .toEqual({ timeout: 1, queueTimeout: 6, retry: { attempts: 2, minDelay: 7 } });
});

test("with retry.when, the workers do not try again", () => {
  const { options, retry } = callTerms({ retry: { attempts: 2 } }, {
    retry: { when: () => false, factor: 3 },
  });
  expect(options).toEqual({});
  expect(retry).toMatchObject({ attempts: 2, factor: 3, minDelay: 200 });
  expect(retry!.when!(new Error("no"), 1)).toBe(false);
});
