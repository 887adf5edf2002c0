# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# A rehearsal's second witness: what Windows' own commands report about the files in the scratch folder, in the form in
# which the agent records them. No localized text is used. It runs on the host with -File, only in the scratch folder.
param([string]$Place)
$ErrorActionPreference = 'Stop'
$utf8 = New-Object Text.UTF8Encoding $false
$sha = [Security.Cryptography.SHA256]::Create()
$top = Join-Path $Place 'tree'
$cases = @('names', 'plain', 'streams', 'links', 'security', 'owner', 'attributes', 'times' |
        Where-Object { Test-Path -LiteralPath (Join-Path $top $_) })

function Write-Record([string]$Name, $Entries) {
    $lines = @($Entries | ForEach-Object { (ConvertTo-Json -Compress $_) + "`n" })
    [IO.File]::WriteAllText((Join-Path $Place $Name), -join $lines, $utf8)
}

# Get-ChildItem, Get-Acl, Get-FileHash, Get-Item -Stream
$owners = @{}
$folders = New-Object Collections.ArrayList
$files = New-Object Collections.ArrayList
foreach ($case in $cases) {
    foreach ($item in @(Get-ChildItem -LiteralPath (Join-Path $top $case) -Recurse -Force)) {
        $path = $item.FullName.Substring($top.Length + 1).Replace('\', '/')
        $sddl = (Get-Acl -LiteralPath $item.FullName).Sddl
        $owners[$path] = "$sddl" -replace 'D:.*$'
        if ($item.PSIsContainer) {
            [void]$folders.Add([pscustomobject]@{ path = $path; size = 0; security = $sddl })
            continue
        }
        $hash = (Get-FileHash -LiteralPath $item.FullName -Algorithm SHA256).Hash.ToLowerInvariant()
        $streams = @{}
        foreach ($stream in @(Get-Item -LiteralPath $item.FullName -Force -Stream *)) {
            if ($stream.Stream -eq ':$DATA') { continue }
            # Byte by byte: -ReadCount 0 gives an array in an array.
            $bytes = [byte[]]@(Get-Content -LiteralPath $item.FullName -Stream $stream.Stream -Encoding Byte)
            $digest = [BitConverter]::ToString($sha.ComputeHash($bytes)).Replace('-', '').ToLowerInvariant()
            $streams[$stream.Stream] = "$($bytes.Length) $digest"
        }
        [void]$files.Add([pscustomobject]@{
                path = $path; size = $item.Length; security = $sddl; content = "$($item.Length) $hash"; streams = $streams
            })
    }
}
Write-Record 'witness_files' $files
Write-Record 'witness_folders' $folders

# icacls /save: a line with the path below the folder above, then one with the list, without an owner.
$system = Join-Path $env:SystemRoot 'System32'
$saved = Join-Path $Place 'witness.acl'
$lists = New-Object Collections.ArrayList
foreach ($case in $cases) {
    [void](& (Join-Path $system 'icacls.exe') (Join-Path $top $case) /save $saved /t /q)
    if ($LASTEXITCODE -ne 0) { throw "icacls ended with $LASTEXITCODE for $case" }
    $said = [IO.File]::ReadAllLines($saved, [Text.Encoding]::Unicode)
    for ($i = 0; $i + 1 -lt $said.Length; $i += 2) {
        $path = $said[$i].Replace('\', '/')
        if ($path -eq $case) { continue }
        if (-not $owners.ContainsKey($path)) { throw "icacls names $path, and Get-ChildItem does not" }
        [void]$lists.Add([pscustomobject]@{ path = $path; size = 0; security = $owners[$path] + $said[$i + 1] })
    }
}
if ($lists.Count -ne $owners.Count) { throw "icacls names $($lists.Count) files and folders of $($owners.Count)" }
Write-Record 'witness_lists' $lists

# fsutil, by its exit code: a junction is a reparse point, and the folder that it leads to is none.
$links = New-Object Collections.ArrayList
$junction = Join-Path $top 'junction'
if (Test-Path -LiteralPath (Join-Path $junction 'link')) {
    foreach ($name in 'link', 'inside') {
        [void](& (Join-Path $system 'fsutil.exe') reparsepoint query (Join-Path $junction $name))
        $attributes = 0x10
        if ($LASTEXITCODE -eq 0) { $attributes = 0x410 }
        [void]$links.Add([pscustomobject]@{ path = "junction/$name"; size = 0; attributes = $attributes })
    }
    if ($links[0].attributes -eq $links[1].attributes) { throw 'fsutil ends in the same way for a junction and a folder' }
}
Write-Record 'witness_links' $links
