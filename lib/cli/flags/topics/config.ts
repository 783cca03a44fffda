export const config = `A config is a JSON file. Its keys are names of flags of polyloop run, in camelCase:

  {
    "$schema": "./polyloop.schema.json",
    "module": "tasks.ts#fetchPage",
    "input": "urls.txt",
    "concurrency": 64,
    "allowNet": ["example.com"]
  }

{flags}

Without --config, polyloop reads polyloop.json in the folder of MODULE, or without a MODULE in the
current folder. If that config has a "module", polyloop run needs no arguments. With -e, only a
config that --config names is read. polyloop init writes a config, and a JSON schema with which
editors complete and check it.

A flag takes precedence over the config, and the config over the default. Relative paths in a config
start from the config's folder. A line on stderr says which config was read and which keys apply.
--dry-run shows all options and where each comes from. With an unknown key or a wrong value, nothing
runs, and the exit code is 2.

A polyloop.json that --config does not name may come from another person. Therefore the following
keys of such a config do not apply, and a line on stderr lists them:
  allowAll, allowRead, …, isolation none   without -P (on Node, a task may do everything by default;
                                           lists apply there, because they only restrict)
  redis, redisCa, …, queue, runId          always: inputs would be sent to another host
  module, input, output, errors, …         if the path is outside the config's folder
  input                                    if stdin is a pipe or a file, which is read instead (on
                                           Windows, Deno does not tell: give -i - to read stdin)
`;
