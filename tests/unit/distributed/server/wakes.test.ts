/** News of job chunks, from a worker to producers. */

import { expect, test, vi } from "vitest";
import { Wakes } from "../../../../lib/distributed/server/wakes.ts";
import { brokerOf } from "../fakes.ts";

test("news of one moment goes out together, by run, onto lists that end", () => {
  vi.useFakeTimers();
  try {
    const { broker, sent } = brokerOf();
    const wakes = new Wakes(broker);
    wakes.add("r", "r-t.1");
    wakes.add("r", "r-t.2");
    wakes.add("s", "s-u.1");
    expect(sent).toEqual([]);
    vi.runAllTimers();
    expect(sent.filter(([name]) => name === "rpush")).toEqual([
      ["rpush", "polyloop:q:wake:r", "r-t.1", "r-t.2"],
      ["rpush", "polyloop:q:wake:s", "s-u.1"],
    ]);
    expect(sent.filter(([name]) => name === "ltrim" || name === "pexpire").length).toBe(4);
    wakes.add("r", "r-t.3");
    vi.runAllTimers();
    expect(sent.filter(([name]) => name === "rpush").at(-1)).toEqual(["rpush", "polyloop:q:wake:r", "r-t.3"]);
  } finally {
    vi.useRealTimers();
  }
});
