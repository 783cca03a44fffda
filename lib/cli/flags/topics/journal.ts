export const journal = `--journal FILE keeps every outcome in an SQLite file. With it, a run can continue
after SIGKILL or a full disk:

  polyloop run tasks.ts#work -i urls.jsonl -o out.jsonl --journal run.sqlite
  polyloop resume run.sqlite                   run the inputs without an outcome
  polyloop status run.sqlite [--json]          show the progress, even while it runs
  polyloop status run.sqlite --report run.html write a page about the run

{flags}

polyloop resume writes the output of all inputs from the start, as if the run had not stopped. It
uses the options of the run, including its config, and can be called in any folder. Flags replace
these options: polyloop resume run.sqlite --isolation process. --rate also holds over the gap
between both runs, and so does a pause by retryAfter.

Inputs are recognized by their content, so lines may have been added, removed or moved. Inputs from
stdin or <(COMMAND) must be given again: polyloop resume run.sqlite < urls.jsonl. If an input is
missing this time, its outcome stays in the journal, and resume shows the number of such outcomes.
Inputs that ended in the last 10 ms before a SIGKILL may run again.

polyloop resume does not run if the module, or a file that it imports, has changed. It does not
notice changes of packages and of imports from URLs. If the module states its version (export const
version = "3", or a number), only another version is a change.

polyloop status shows the state of the run (running, stopped or finished), its process, and the
figures of the progress. The run updates these figures once a second.

The journal contains all results. With several -i, its line numbers continue from file to file. Only
one process at a time can use a journal, even if others reach it through links or mounts. While the
journal is in use, run.sqlite-wal exists: keep it beside the journal. run.sqlite-lock is an empty
file. Every row has a checksum. A journal with a damaged row is refused, and the message names the
row. A run whose journal is deleted ends with exit code 4.
`;
