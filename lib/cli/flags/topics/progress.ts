export const progress = `{flags}

Progress goes to stderr. The live line stays in the last row of the terminal, and the output of
tasks scrolls above it. (After kill -9, the command reset restores that row.) While the number of
inputs is not known, ~ marks an estimate from the file's size. slots 97% means that 97 % of all
slots (-j × -c) have been in use since the start. This is not the use of the CPU.

With --progress json, each line that polyloop writes to stderr is one object. Output of tasks
appears between these lines unchanged, so read only lines that begin with {"type":. The types:

  progress  the fields below
  failure   one of the first ten failures: index, line, file, place, name, message, text
  errors    before the last progress, if inputs failed: kinds (like, count), others (a number)
  retries   the same for the errors of attempts that were followed by another
  notice    any other message: message

The fields of progress; a figure that is not known is null:

  done                       true in the last object, else false
  elapsedMs, leftMs          milliseconds so far and left (at the rate of the last ten seconds)
  ok, failed, before         inputs that succeeded, failed, or had an outcome in the journal
  retries, inFlight          attempts that were followed by another, tasks on workers now
  read, total, totalIsExact  inputs read, inputs in all, false if total is estimated from the size
  bytes, size, share         bytes read, bytes in all, the part of the inputs done (0 to 1); for a
                             .gz or .zst file, size is an estimate of the content until its end
  perSecond, load            inputs per second (of the last ten seconds), part of all slots in use
  counts, spent              sums of context.count in all sessions: of outcomes, of all attempts
  oldest                     an input in flight for more than 5 s and three times as long as 99 of
                             100 tasks: line, ms, timeout (whether a --timeout ends it); leftMs is
                             then null
  paused                     in a pause by retryAfter: ms (until all tasks go on), keys (number of
                             paused keys)
  exitCode, ms, taskMs       in the last object; ms has p50, p90, p99 and max, and taskMs is the
                             time of all tasks together, waits for each other included

With --batch, an input has an equal part of its call's time. load and ms cover tasks that have
ended. Suspended time (Ctrl-Z) counts in load alone.

The summary compares the run with one task at a time. If event loops or cores were too busy for
that, it shows how busy they were. Percentiles refer to task times: half of the tasks took at most
p50. sums has the sums of context.count. The five most frequent kinds of errors follow, and the
three most frequent causes of retries. Errors that differ only in numbers, identifiers, URLs and
quoted text are one kind.
`;
