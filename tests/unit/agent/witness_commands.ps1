# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Runs the second witness of a rehearsal in an engine that has no commands for files: they are made here of the engine's
# own provider of files and of .NET. What Linux does not have, streams and access lists, lies beside: $Beside.
param([string]$Place, [string]$Beside)

function Join-Path([string]$Path, [string]$ChildPath) { $ExecutionContext.SessionState.Path.Combine($Path, $ChildPath) }
function Test-Path([string]$LiteralPath) { $ExecutionContext.InvokeProvider.Item.Exists($LiteralPath, $true, $true) }
function Get-ChildItem([string]$LiteralPath, [switch]$Recurse, [switch]$Force) {
    $ExecutionContext.InvokeProvider.ChildItem.Get([string[]]$LiteralPath, [bool]$Recurse, [bool]$Force, $true)
}
function Get-FileHash([string]$LiteralPath, [string]$Algorithm) {
    $hash = [Security.Cryptography.HashAlgorithm]::Create($Algorithm)
    $bytes = $hash.ComputeHash([IO.File]::ReadAllBytes($LiteralPath))
    [pscustomobject]@{ Hash = [BitConverter]::ToString($bytes).Replace('-', '') }
}
function Beside([string]$LiteralPath) { Join-Path $Beside ($LiteralPath.Substring($Place.Length + '/tree/'.Length)) }
function Get-Acl([string]$LiteralPath) {
    if (-not $Beside) {
        $found = $ExecutionContext.InvokeProvider.SecurityDescriptor.Get($LiteralPath, 'Access, Owner, Group')
        return [pscustomobject]@{ Sddl = $found[0].GetSecurityDescriptorSddlForm('Access, Owner, Group') }
    }
    [pscustomobject]@{ Sddl = [IO.File]::ReadAllText((Join-Path (Beside $LiteralPath) '.security')) }
}
function Get-Item([string]$LiteralPath, [switch]$Force, [string]$Stream) {
    [pscustomobject]@{ Stream = ':$DATA' }
    if (-not $Beside) { return }   # Wine keeps none
    foreach ($file in [IO.Directory]::GetFiles((Beside $LiteralPath))) {
        $name = [IO.Path]::GetFileName($file)
        if ($name -ne '.security') { [pscustomobject]@{ Stream = $name } }
    }
}
function Get-Content {
    [CmdletBinding()] param([string]$LiteralPath, [string]$Stream, [string]$Encoding, [long]$ReadCount = 1)
    if ($Encoding -ne 'Byte') { throw 'text' }
    $bytes = [object[]][IO.File]::ReadAllBytes((Join-Path (Beside $LiteralPath) $Stream))
    if ($bytes.Length -gt 0) { $PSCmdlet.WriteObject($bytes, $ReadCount -eq 1) }
}
function ConvertTo-Json {
    param([switch]$Compress, [Parameter(Position = 0)]$InputObject)
    $text = [Text.Json.JsonSerializer]
    if ($InputObject -is [string]) { return $text::Serialize($InputObject, [string]) }
    if ($InputObject -isnot [hashtable] -and $InputObject -isnot [pscustomobject]) { return "$InputObject" }
    $members = @{}
    if ($InputObject -is [hashtable]) { $members = $InputObject }
    else { foreach ($one in $InputObject.PSObject.Properties) { $members[$one.Name] = $one.Value } }
    '{' + (@($members.Keys | ForEach-Object { '"' + $_ + '":' + (ConvertTo-Json -Compress $members[$_]) }) -join ',') + '}'
}

try { & (Join-Path $Place 'witness.ps1') $Place } catch { "$_"; exit 1 }
exit 0
