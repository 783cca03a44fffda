# Installs the polyloop command for this user on Windows: downloads the binary, checks its SHA-256, and puts it into
# ~\.polyloop\bin or -To FOLDER. An older one stays until the new one is whole.
#
#     powershell -ExecutionPolicy Bypass -File install.ps1 [-To FOLDER] [-Version 1.2.3]
#
# `irm ADDRESS/install.ps1 | iex` installs the newest version, too. All characters are ASCII: Windows PowerShell 5 reads this file
# in the system's code page.
param(
  [string]$To = (Join-Path $HOME ".polyloop\bin"),
  [string]$Version = ""
)

# In a scope of its own, because `iex` runs this in the user's session, whose preferences must stay as they are.
& {
  param([string]$To, [string]$Version)
  $ErrorActionPreference = "Stop"
  $ProgressPreference = "SilentlyContinue" # Without this, Windows PowerShell 5 downloads many times slower.
  # Windows PowerShell 5 may offer only TLS 1.0, which hosts of releases refuse.
  [Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12
  # PATH needs the whole path.
  $To = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($To).TrimEnd("\")

  # The release's address, which `deno task release` fills in.
  $releases = if ($env:POLYLOOP_RELEASES) { $env:POLYLOOP_RELEASES } else { "@RELEASES@" }
  $from = if ($Version) { "$releases/download/v$($Version.TrimStart('v'))" } else { "$releases/latest/download" }
  # A PowerShell of 32 bits has the system's own in the first variable.
  $system = if ($env:PROCESSOR_ARCHITEW6432) { $env:PROCESSOR_ARCHITEW6432 } else { $env:PROCESSOR_ARCHITECTURE }
  $machine = @{ AMD64 = "x86_64"; ARM64 = "aarch64" }[$system]
  if (-not $machine) { throw "There is no binary for $system. Use the npm package: npx @polyloop/polyloop" }
  $name = "polyloop-$machine-pc-windows-msvc"

  function Get-Released([string]$File, [string]$Into) {
    try {
      Invoke-WebRequest -UseBasicParsing -Uri "$from/$File" -OutFile $Into
    } catch {
      throw "Cannot download $from/${File}: $($_.Exception.Message)"
    }
  }

  # Windows scans a program for some seconds after its first start, and does not let it be moved.
  function Move-Patiently([string]$File, [string]$Into) {
    for ($left = 20; ; $left--) {
      try {
        Move-Item -Force -LiteralPath $File -Destination $Into
        return
      } catch {
        if ($left -eq 0) { throw }
        Start-Sleep -Milliseconds 500
      }
    }
  }

  $work = Join-Path $To ".install-$([guid]::NewGuid())"
  try {
    New-Item -ItemType Directory -Force -Path $work | Out-Null
  } catch {
    throw "Cannot write to ${To}: $($_.Exception.Message) Choose another folder: -To FOLDER"
  }
  try {
    Get-Released "SHA256SUMS" "$work\sums"
    $line = Get-Content -LiteralPath "$work\sums" | Where-Object { ($_ -split "  ")[1] -eq "$name.zip" }
    if (-not $line) { throw "$from has no $name.zip" }
    $expected = ($line -split "  ")[0]
    Write-Host "Downloading $from/$name.zip"
    Get-Released "$name.zip" "$work\packed.zip"
    $found = (Get-FileHash -Algorithm SHA256 -LiteralPath "$work\packed.zip").Hash
    if ($found -ne $expected) {
      throw "The download is not what was released (SHA-256 $found, expected $expected). Nothing was installed."
    }
    Expand-Archive -LiteralPath "$work\packed.zip" -DestinationPath $work
    # A file that is no program of this system is an error of PowerShell's.
    $installed = try { & "$work\$name.exe" --version } catch { $null }
    if (-not $installed -or $LASTEXITCODE -ne 0) {
      throw "The binary does not run on this system. Nothing was installed."
    }
    # A program that is running can be renamed, but neither replaced nor deleted.
    $target = Join-Path $To "polyloop.exe"
    $old = "$target.$([guid]::NewGuid()).old"
    $replaces = Test-Path -LiteralPath $target
    if ($replaces) { Move-Patiently $target $old }
    try {
      Move-Patiently "$work\$name.exe" $target
    } catch {
      if ($replaces) { Move-Patiently $old $target }
      throw
    }
    # Also those that were running the last time.
    Get-ChildItem -LiteralPath $To -Filter "polyloop.exe.*.old" | Remove-Item -Force -ErrorAction SilentlyContinue
    Write-Host "Installed $installed in $To"
  } finally {
    Remove-Item -Recurse -Force -LiteralPath $work -ErrorAction SilentlyContinue
  }

  $folders = "$env:Path;$([Environment]::GetEnvironmentVariable('Path', 'User'))" -split ";"
  if (($folders | ForEach-Object { $_.TrimEnd("\") }) -notcontains $To) {
    $quoted = $To.Replace("'", "''")
    Write-Host "Add it to your PATH, then open a new terminal:"
    Write-Host "[Environment]::SetEnvironmentVariable('Path', [Environment]::GetEnvironmentVariable('Path', 'User') + ';$quoted', 'User')"
  }
} $To $Version
