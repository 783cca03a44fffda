export const permissions = `On Deno, a task can only compute by default. These flags grant permissions:

{flags}

A list follows = and is separated by commas, as in --allow-net=example.com,example.com:443. In a
config, it is an array ("allowNet": ["a", "b"]), and true grants without limits. A permission flag
replaces all permissions of the config, and in polyloop resume those of the run. With --redis, give
permissions to polyloop worker.

If a task uses a permission that is not granted, its input fails, and the error names the flag.
There is no prompt, not even on a terminal. The module and its static imports load without a grant.
Deno gives threads their own permissions only with its option --unstable-worker-options, which the
binary has. Without this option, tasks run in processes.

What a task can do on Deno without a grant:

  stdin, stdout  stdin is empty; what a task writes to stdout goes to stderr
  npm packages   import("npm:…") downloads a package and runs it with the task's permissions. deno
                 run --cached-only -A …/cli.ts run … downloads nothing; the binary cannot download
                 packages
  links          follow symbolic links in a granted folder; a task cannot make links

Threads share a process, so a hostile task can end other tasks. Run code that you do not trust with
--isolation process. With --allow-run or --allow-ffi, a task can do everything. SECURITY.md has the
details.

On Node (24 or newer), these flags need --isolation process. Without a permission flag, a task may
do everything. polyloop refuses restrictions that Node cannot enforce: --allow-env and --allow-sys
must be given, and --allow-net too if this Node has no such option. --allow-net, --allow-run and
--allow-ffi take no lists.

Tasks on Node may read packages in node_modules; dynamic imports of other files need --allow-read.
Without --allow-run, a task cannot start threads. node:sqlite needs --allow-read and --allow-write
without lists. Links out of a granted folder are followed. Node documents its permission model as a
guard against mistakes of trusted code. Use Deno for hostile code.
`;
