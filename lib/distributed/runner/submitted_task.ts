/** A task of `submit()`, or a call of `run()` with a function of its own. It has its own feed, because a feed is cancelled as a whole. */

import type { FeedSink } from "../../executor/tasks/feed.ts";
import type { SubmittedTask, Waiter } from "../../executor/task_runner.ts";
import type { ChunkFeed } from "../producer/chunk_feed.ts";
import { SharedCalls } from "./shared_calls.ts";

interface SubmittedInit {
  id: number;
  open: (sink: FeedSink) => ChunkFeed;
  input: unknown;
  signal: AbortSignal | undefined;
  waiter: Waiter;
  /** Returns why the task is not handed in; undefined if it is. */
  refusal: () => { reason: unknown } | undefined;
  /** Called when the priority of a task that waits has changed. */
  reordered: (feed: ChunkFeed) => void;
}

export function submitted(
  { id, open, input, signal, waiter, refusal, reordered }: SubmittedInit,
): SubmittedTask & Pick<ChunkFeed, "grant"> {
  const calls = new SharedCalls(open);
  const { feed } = calls;
  let isSettled = false;
  const cancel = () => feed.cancel(signal!.reason);
  const settled = (settle: (value: unknown) => void) => (value: unknown) => {
    isSettled = true;
    signal?.removeEventListener("abort", cancel);
    settle(value);
  };
  const own = { resolve: settled(waiter.resolve), reject: settled(waiter.reject) };
  const refused = refusal();
  if (refused) own.reject(refused.reason);
  else {
    signal?.addEventListener("abort", cancel, { once: true });
    calls.add(input, own);
  }
  return {
    id,
    get state() {
      return isSettled ? "settled" : feed.size > 0 ? "pending" : "running";
    },
    cancel: (reason) => feed.cancel(reason),
    grant: (credit) => feed.grant(credit),
    setPriority: (priority) => {
      feed.priority = priority;
      if (feed.size > 0) reordered(feed);
    },
  };
}
