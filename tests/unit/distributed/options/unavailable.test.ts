/** What is refused over a broker. */

import { expect, test } from "vitest";
import {
  checkTask,
  refuseUnavailable,
  UNAVAILABLE,
  unavailable,
  UNAVAILABLE_OF_EXECUTOR,
} from "../../../../lib/distributed/options/unavailable.ts";

test("an option that is not available is refused with a reason and an advice, also if it is inherited", () => {
  const refused = (options: unknown) => () => refuseUnavailable(options, UNAVAILABLE, "");
  for (const options of [undefined, null, 5, "transfer", {}, { timeout: 5 }, { toString: 1 }]) {
    expect(refused(options)).not.toThrow();
  }
  expect(refused({ key: undefined })).toThrow(/^key is not available over a broker: any worker/);
  expect(refused(Object.create({ transfer: [] }))).toThrow("transfer is not available over a broker");
  for (const why of Object.values({ ...UNAVAILABLE, ...UNAVAILABLE_OF_EXECUTOR })) {
    expect(why).toMatch(/^[a-z].*\. [A-Z]/);
  }
});

test("a task is a name", () => {
  expect(() => checkTask("square")).not.toThrow();
  expect(() => checkTask(() => 1)).toThrow("A function as a task is not available over a broker");
  expect(() => checkTask(5)).toThrow("A task without a name is not available over a broker");
  expect(unavailable("x()", "why. Do y")).toBeInstanceOf(TypeError);
});
