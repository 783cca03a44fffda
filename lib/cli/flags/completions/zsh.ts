/** Completions for zsh. */

import type { CommandModel, Flag, Value } from "./model.ts";

/** The script that is sourced, or put as `_polyloop` into a folder of `$fpath`. */
export function zsh({ commands, flags }: { commands: CommandModel[]; flags: Flag[] }): string {
  const perCommand = commands.map(({ name, flags, argument }) => {
    const specs = [
      ...flags.map(specOf),
      ...(argument ? [single(`1:${argument.name}:${action(argument.value)}`)] : []),
    ];
    return `        ${name}) _arguments -s ${specs.join(" \\\n          ")} ;;`;
  });
  return `#compdef polyloop
# Completions of polyloop for zsh. To have them: source <(polyloop completions zsh)
_polyloop() {
  local state line
  local -a commands
  commands=(
${commands.map(({ name, summary }) => `    ${single(`${name}:${summary}`)}`).join("\n")}
  )
  _arguments -C ${flags.map(specOf).join(" ")} '1:command:->command' '*::argument:->argument'
  case $state in
    command) _describe command commands ;;
    argument)
      case $line[1] in
${perCommand.join("\n")}
      esac ;;
  esac
}
if [ "$funcstack[1]" = "_polyloop" ]; then _polyloop "$@"; else compdef _polyloop polyloop; fi
`;
}

/** `'(-j --workers)'{-j+,--workers=}'[workers]:N:'`. */
function specOf({ short, long, description, name, value, optional }: Flag): string {
  // The last sign says how the value is written: after = only, or also as the next word.
  const sign = !value ? "" : optional ? "=-" : "=";
  const what = `[${description.replace(/[[\]\\:]/g, "\\$&")}]`;
  const after = value ? `${optional ? "::" : ":"}${name ?? ""}:${action(value)}` : "";
  if (!short) return single(`${long}${sign}${what}${after}`);
  return `'(${short} ${long})'{${short}${value ? "+" : ""},${long}${sign}}${single(what + after)}`;
}

function action(value: Value): string {
  if (value.kind === "words") return `(${value.words.join(" ")})`;
  return value.kind === "file" ? "_files" : " ";
}

function single(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
