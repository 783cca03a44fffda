/** The folders of lib/executor/ and lib/distributed/. `check_layers.ts` enforces their order, and the picture of lib/ shows it. */

/** By layer: its folders from the lowest up, and which of the others each may import. Files beside the folders may import all of them. */
export const ROOMS: Record<string, Record<string, string[]>> = {
  "lib/executor/": {
    basics: [],
    options: ["basics"],
    tasks: ["basics", "options"],
    pool: ["basics", "options", "tasks"],
    queue: ["basics", "options", "tasks", "pool"],
    calls: ["basics", "options", "tasks"],
  },
  "lib/distributed/": {
    broker: [],
    limits: ["broker"],
    options: ["broker", "limits"],
    producer: ["broker", "limits"],
    runner: ["broker", "limits", "options", "producer"],
    server: ["broker", "options"],
  },
};
