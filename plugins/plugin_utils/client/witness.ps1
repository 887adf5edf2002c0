# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# A rehearsal's second witness: what Windows PowerShell's own commands say of the files of a scratch, in the form in which
# the agent records them. Nothing that it says is in a person's language. Runs on the host, by -File, in the scratch alone.
param([string]$Place)
$ErrorActionPreference = 'Stop'
$sha = [Security.Cryptography.SHA256]::Create()
$files = New-Object Text.StringBuilder
$folders = New-Object Text.StringBuilder
$top = Join-Path $Place 'tree'
foreach ($case in 'names', 'plain', 'streams', 'links', 'security', 'owner', 'attributes', 'times') {
    if (-not (Test-Path -LiteralPath (Join-Path $top $case))) { continue }
    foreach ($item in @(Get-ChildItem -LiteralPath (Join-Path $top $case) -Recurse -Force)) {
        $path = $item.FullName.Substring($top.Length + 1).Replace('\', '/')
        $sddl = (Get-Acl -LiteralPath $item.FullName).Sddl
        if ($item.PSIsContainer) {
            $line = New-Object PSObject -Property @{ path = $path; size = 0; security = $sddl }
            [void]$folders.Append((ConvertTo-Json -Compress $line)).Append("`n")
            continue
        }
        $hash = (Get-FileHash -LiteralPath $item.FullName -Algorithm SHA256).Hash.ToLowerInvariant()
        $streams = @{}
        foreach ($stream in @(Get-Item -LiteralPath $item.FullName -Force -Stream *)) {
            if ($stream.Stream -eq ':$DATA') { continue }
            $bytes = [byte[]]@(Get-Content -LiteralPath $item.FullName -Stream $stream.Stream -Encoding Byte -ReadCount 0)
            $digest = [BitConverter]::ToString($sha.ComputeHash($bytes)).Replace('-', '').ToLowerInvariant()
            $streams[$stream.Stream] = "$($bytes.Length) $digest"
        }
        $line = New-Object PSObject -Property @{
            path = $path; size = $item.Length; security = $sddl; content = "$($item.Length) $hash"; streams = $streams
        }
        [void]$files.Append((ConvertTo-Json -Compress $line)).Append("`n")
    }
}
$utf8 = New-Object Text.UTF8Encoding $false
[IO.File]::WriteAllText((Join-Path $Place 'witness_files'), $files.ToString(), $utf8)
[IO.File]::WriteAllText((Join-Path $Place 'witness_folders'), $folders.ToString(), $utf8)
