/** Completions for PowerShell, 5.1 or newer. */

import type { CommandModel, Flag, Value } from "./model.ts";

/** The script that is run, or added to `$PROFILE`. */
export function powershell({ commands, flags }: { commands: CommandModel[]; flags: Flag[] }): string {
  const perCommand = commands.map(({ name, flags, argument }) =>
    `  ${single(name)} = @{ Argument = ${valueOf(argument?.value)}; Flags = [ordered]@{\n${
      flags.map(flagLine).join("")
    }  } }\n`
  );
  return `# Completions of polyloop for PowerShell. To have them:
#   polyloop completions powershell | Out-String | Invoke-Expression
$polyloopFlags = [ordered]@{
${flags.map(flagLine).join("")}}
$polyloopCommands = [ordered]@{
${perCommand.join("")}}
Register-ArgumentCompleter -Native -CommandName polyloop -ScriptBlock {
  param($word, $line, $position)
  $before = @($line.CommandElements | Where-Object { $_.Extent.EndOffset -lt $position } | ForEach-Object { "$_" })
  $name = $before | Select-Object -Skip 1 | Where-Object { $_ -notlike '-*' } | Select-Object -First 1
  $command = if ($name) { $polyloopCommands[$name] }
  $flags = if ($command) { $command.Flags } else { $polyloopFlags }
  $prefix = ''
  if ($word -match '^(--[\\w-]+=)(.*)$') {
    $prefix, $typed, $value = $Matches[1], $Matches[2], $flags[$Matches[1].TrimEnd('=')].Value
  } elseif ($word -like '-*') {
    $typed, $value = $word, @($flags.Keys)
  } else {
    $flag = if ($before.Count -gt 1) { $flags[$before[-1]] }
    $typed = $word
    $value = if ($flag -and -not $flag.Optional -and $null -ne $flag.Value) { $flag.Value }
      elseif ($command) { $command.Argument } else { @($polyloopCommands.Keys) }
  }
  # Nothing is returned for a file, so PowerShell completes its path.
  $value | Where-Object { $_ -and $_ -ne 'FILE' -and $_ -like "$typed*" } | ForEach-Object {
    $about = if ($flags[$_]) { $flags[$_].About } else { $_ }
    [System.Management.Automation.CompletionResult]::new("$prefix$_", $_, 'ParameterValue', $about)
  }
}
`;
}

function flagLine({ short, long, description, value, optional }: Flag): string {
  const facts = `@{ About = ${single(description)}; Optional = $${optional}; Value = ${valueOf(value)} }`;
  return [long, ...(short ? [short] : [])].map((name) => `    ${single(name)} = ${facts}\n`).join("");
}

function valueOf(value: Value | undefined): string {
  if (!value) return "$null";
  if (value.kind === "words") return `@(${value.words.map(single).join(", ")})`;
  return value.kind === "file" ? "'FILE'" : "@()";
}

function single(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
