/** Completions for bash, 3.2 or newer. */

import type { CommandModel, Flag, Value } from "./model.ts";

export function bash({ commands, flags }: { commands: CommandModel[]; flags: Flag[] }): string {
  const values = commands.flatMap((command) => command.flags.flatMap((flag) => valueCase(command, flag)));
  const perCommand = commands.map(({ name, flags, argument }) =>
    `    ${name})
      if [[ $cur == -* ]]; then _polyloop_words ${quoted(namesOf(flags))}
      else ${argument ? complete(argument.value) : ":"}; fi ;;`
  );
  return `# Completions of polyloop for bash. To have them: source <(polyloop completions bash)
_polyloop_words() {
  local word
  while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -W "$1" -- "$cur")
}
_polyloop_files() {
  local word
  compopt -o filenames 2>/dev/null
  while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$cur")
}
_polyloop() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" command="" flag="" i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    if [[ \${COMP_WORDS[i]} != -* ]]; then command="\${COMP_WORDS[i]}"; break; fi
  done
  # A flag's value after = : bash takes = as a word of its own.
  if [[ $cur == = && $before == --* ]]; then flag="$before=" cur=""
  elif [[ $before == = ]]; then flag="\${COMP_WORDS[COMP_CWORD-2]}="
  elif [[ $before == -* ]]; then flag="$before"; fi
  case "$command $flag" in
${values.join("\n")}
  esac
  case "$command" in
    "") if [[ $cur == -* ]]; then _polyloop_words ${quoted(namesOf(flags))}
      else _polyloop_words ${quoted(commands.map(({ name }) => name))}; fi ;;
${perCommand.join("\n")}
  esac
}
complete -F _polyloop polyloop
`;
}

/** The completions of a flag's value. An optional value follows `=` only. */
function valueCase({ name }: CommandModel, { short, long, value, optional }: Flag): string[] {
  if (!value) return [];
  const ways = optional ? [`${long}=`] : [`${long}=`, long, ...(short ? [short] : [])];
  const patterns = ways.map((way) => `"${name} ${way}"`).join("|");
  return [`    ${patterns}) ${complete(value)}; return ;;`];
}

function complete(value: Value): string {
  if (value.kind === "words") return `_polyloop_words ${quoted(value.words)}`;
  return value.kind === "file" ? "_polyloop_files" : ":";
}

function namesOf(flags: Flag[]): string[] {
  return flags.flatMap(({ short, long }) => short ? [short, long] : [long]);
}

function quoted(words: readonly string[]): string {
  return `"${words.join(" ")}"`;
}
