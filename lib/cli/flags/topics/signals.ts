export const signals = `  Ctrl-C (SIGINT), SIGTERM    stop reading, finish running tasks, show how to resume
  the second time             abort the signals of running tasks
  the third time              exit at once, even if a task blocks the main thread
  SIGHUP                      like Ctrl-C once; ignored under nohup on Deno
  Ctrl-Break                  on Windows: like Ctrl-C
  Ctrl-T (SIGINFO)            on macOS: print the progress now
  SIGUSR1, SIGUSR2            one more, one fewer task in flight per worker, also with -c auto

SIGINT and SIGTERM count together. Signals within 300 ms count once, because timeout, npx and
similar programs pass on a signal that polyloop has received itself. Three or more presses of Ctrl-C
in quick succession exit at once.

A separate thread handles signals and ends the process if the main thread is blocked: by a task with
--isolation none, or by a program that does not read stdout or stderr. Inputs whose outcomes are not
in the journal by then run again with polyloop resume. On Node, a thread that waits in a system call
cannot be interrupted. Then the signal itself ends the process, and a shell shows the same exit
code. Bun and Windows have no such thread: signals wait until the main thread is free. Windows has
neither SIGUSR1 nor SIGUSR2.

A closed stdout (polyloop run … | head) ends the run without a message.
`;
