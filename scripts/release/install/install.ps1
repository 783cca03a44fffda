# Installs the polyloop command for this user on Windows: downloads the binary, checks its SHA-256, and puts it into
# ~\.polyloop\bin or -To FOLDER. An older one stays until the new one is whole.
#
#     .\install.ps1 [-To FOLDER] [-Version 1.2.3]
param(
  [string]$To = (Join-Path $HOME ".polyloop\bin"),
  [string]$Version = ""
)
$ErrorActionPreference = "Stop"
$ProgressPreference = "SilentlyContinue" # Without this, Windows PowerShell 5 downloads many times slower.
# Windows PowerShell 5 may offer only TLS 1.0, which hosts of releases refuse.
[Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12
# PATH needs the whole path.
$To = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($To)

# The release's address, which `deno task release` fills in.
$releases = if ($env:POLYLOOP_RELEASES) { $env:POLYLOOP_RELEASES } else { "@RELEASES@" }
$machine = if ($env:PROCESSOR_ARCHITECTURE -eq "ARM64") { "aarch64" } else { "x86_64" }
$name = "polyloop-$machine-pc-windows-msvc"
$from = if ($Version) { "$releases/download/v$($Version.TrimStart('v'))" } else { "$releases/latest/download" }

New-Item -ItemType Directory -Force -Path $To | Out-Null
$work = Join-Path $To ".install-$([guid]::NewGuid())"
New-Item -ItemType Directory -Path $work | Out-Null
try {
  Invoke-WebRequest -UseBasicParsing "$from/SHA256SUMS" -OutFile "$work\sums"
  $line = Get-Content -LiteralPath "$work\sums" | Where-Object { $_ -match "  $([regex]::Escape($name)).zip$" }
  if (-not $line) { throw "$from has no $name.zip" }
  $expected = $line.Split(" ")[0]
  Write-Host "Downloading $from/$name.zip"
  Invoke-WebRequest -UseBasicParsing "$from/$name.zip" -OutFile "$work\packed.zip"
  $found = (Get-FileHash -Algorithm SHA256 -LiteralPath "$work\packed.zip").Hash
  if ($found -ne $expected) {
    throw "The download is not what was released (SHA-256 $found, expected $expected). Nothing was installed."
  }
  Expand-Archive -LiteralPath "$work\packed.zip" -DestinationPath $work
  $installed = & "$work\$name.exe" --version
  if ($LASTEXITCODE -ne 0) { throw "The binary does not run on this system. Nothing was installed." }
  Move-Item -Force -LiteralPath "$work\$name.exe" -Destination (Join-Path $To "polyloop.exe")
  Write-Host "Installed $installed in $To"
} finally {
  Remove-Item -Recurse -Force -LiteralPath $work
}
$path = [Environment]::GetEnvironmentVariable("Path", "User")
if (($path -split ";") -notcontains $To) {
  Write-Host "Add it to your PATH: [Environment]::SetEnvironmentVariable('Path', `"`$([Environment]::GetEnvironmentVariable('Path', 'User'));$To`", 'User')"
}
