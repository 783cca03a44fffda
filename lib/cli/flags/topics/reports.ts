export const reports = `{flags}

--report and --stats are written when the run ends, except after SIGKILL. --trace is written as
tasks end. After polyloop resume, each file covers the whole run with all its sessions. So does
polyloop status JOURNAL --report run.html. A journal does not keep workers, earlier attempts, and
the text of inputs that succeeded. So a report shows earlier sessions in one row, with times exact
to 10 ms.

Counts, rates, times and curves cover all tasks. The tasks of a long run are drawn in part: a report
has one in 2, 4, 8, … successes, and one in 2, 4, 8, … failures. A trace has the first 100,000
tasks, then one in 2, 4, … tasks. Both files state how many they have. Percentiles are off by 5 % at
most.

A bar is one attempt of a task. It ends when the result arrived, and its length is the time that the
worker measured. Short tasks whose results arrive together are drawn one after another. The pauses
between the attempts at an input are drawn, too.

The page lists inputs: all of them up to some thousands, else a sample. Text, outcome and error
filter the inputs and the bars. A time leads to its bar. Limits shows what kept further tasks from
starting, in all and by stretch: slots, the CPU, the rate, an error's retryAfter, the limits of
keys, the input, the output and others.
`;
