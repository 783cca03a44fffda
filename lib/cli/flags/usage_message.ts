/** Describes a mistake in the arguments in one line, and suggests what was meant. */

import type { Command as Program, CommanderError } from "npm:commander@15.1.0";
import { PERMISSION_NAMES } from "../../wire/permissions.ts";
import { EVERYTHING } from "../task/permissions.ts";

export function usageMessage(error: CommanderError, args: string[], program: Program): string {
  const message = error.message.replace(/^error: /, "").replace(/\s*\n\s*/g, " ").replace(
    `=${EVERYTHING}`,
    "",
  );
  const flag = /^unknown option '([^']+)'/.exec(message)?.[1];
  const other = flag === undefined ? "" : otherWord(flag, args, program);
  if (other) return `unknown option '${flag}'${other}`;
  if (error.code === "commander.excessArguments") return message + excessHint(args);
  if (error.code === "commander.unknownCommand") return `${message}. To run a module: polyloop run MODULE`;
  return aboutPermissions(flag) ?? message;
}

function excessHint(args: string[]): string {
  // `-P 4` is xargs's number of processes. Here, -P takes no number.
  if (args.some((arg, at) => arg === "-P" && /^\d+$/.test(args[at + 1] ?? ""))) {
    return " -P applies the permissions of a config and takes no number. -j N sets the number of workers";
  }
  const hints = [
    (args[0] === "run" || args[0] === "bench") &&
    "Give inputs on stdin, with -i FILE, or after --.",
    args.some((arg) => arg.startsWith("--allow-")) &&
    "A list of permissions stands after =, as in --allow-net=HOST.",
  ];
  return hints.filter(Boolean).map((hint) => ` ${hint}`).join("");
}

/** Returns the flags that grant permissions, if a similar flag is unknown. */
function aboutPermissions(flag: string | undefined): string | undefined {
  const name = /^--(?:allow|deny)-[^=]*/.exec(flag ?? "")?.[0];
  const known = PERMISSION_NAMES.map((name) => `--allow-${name}`);
  if (name === undefined || known.includes(name)) return undefined;
  return `unknown option '${name}'. There are ${known.join(", ")} and -A; what they do not grant is denied`;
}

/** Flags of other tools, and polyloop's flag with the same meaning. */
const OTHERS: [names: string, flag: string, rest?: string][] = [
  [
    "--jobs --parallel --parallelism --threads --processes --max-procs --num-workers --cpus -t -p -w -P",
    "--workers",
    "-j N sets the number of workers, -c N the tasks in flight per worker",
  ],
  ["--max-concurrency --concurrent --limit-concurrency", "--concurrency"],
  ["-n -N --max-args --max-replace-args --chunk --chunk-size --batch-size", "--batch"],
  ["-a --arg-file --in --file -f --stdin --infile", "--input"],
  ["--out --outfile --results", "--output"],
  ["--input-format --format --in-format", "--from"],
  ["--output-format --out-format", "--to"],
  ["--null --print0", "--from", "--from nul reads what find -print0 writes"],
  ["-d --delimiter --delim --sep --colsep", "--separator"],
  [
    "--keep-order -k --ordered",
    "--unordered",
    "results keep the order of the inputs, unless --unordered is given",
  ],
  ["-u --ungroup", "--unordered"],
  ["--delay --throttle --interval --rps --rate-limit --limit-rate", "--rate"],
  ["--memfree --max-memory --max-old-space-size", "--memory"],
  ["--max-time -m --connect-timeout", "--timeout"],
  ["--max-retries --attempts -r", "--retries", "--retries N sets the number of attempts after the first"],
  ["--retry-delay --wait", "--backoff"],
  ["--joblog --resume --checkpoint --log --state", "--journal"],
  [
    "--fail-fast --bail --exit-on-error --stop-on-error -x",
    "--halt",
    "--halt 1 stops at the first failure",
  ],
  ["--bar --eta --verbose -v --debug", "--progress"],
  ["-q --quiet --silent -s --no-progress", "--progress", "--progress none shows nothing"],
  ["--dryrun --check --simulate --just-print", "--dry-run"],
  ["--code --exec --function --fn", "--eval"],
  ["--host --broker --url", "--redis"],
  [
    "--permissions --allow --grant",
    "--allow-all",
    "-A grants everything, --allow-net=HOST and the like a part",
  ],
];

/** Returns the rest of the message about an unknown flag; empty if no other tool has the flag either. */
function otherWord(flag: string, args: string[], { commands }: Program): string {
  const command = commands.find((known) => known.name() === args[0]);
  const run = commands.find((known) => known.name() === "run");
  if (!command && run?.options.some(({ long, short }) => [long, short].includes(flag.split("=")[0]))) {
    return `: it is an option of a command: polyloop run ${flag} …`;
  }
  const name = flag.startsWith("--") ? flag.split("=")[0] : flag.slice(0, 2);
  const found = OTHERS.find(([names]) => names.split(" ").includes(name));
  const option = found && command?.options.find(({ long }) => long === found[1]);
  if (!option) return "";
  const what = option.description.replace(/^[A-Z](?=[a-z ])/, (letter) => letter.toLowerCase());
  return `: ${found[2] ?? `the option is called ${option.flags} (${what})`}`;
}
