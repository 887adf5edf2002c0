# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
<#
.SYNOPSIS
Fails when a password, or the request of an agent, stands in PowerShell's event logs.

.DESCRIPTION
Each secret is looked for as it is, and as base64 of UTF-8 at the three offsets that a text can have in a longer one.
Requests are known by how they begin: the controller's, and the one that a job's own process gets from the agent.
#>
param([Parameter(Mandatory)][string] $Work)
$ErrorActionPreference = 'Stop'
Set-StrictMode -Version 3

$needles = New-Object Collections.Generic.List[string]
# In pieces, as the log of script blocks has this script too. An answer has no space there.
$requests = ('"network": {"user' + 'name"'), ('"network":{"user' + 'name"'), ('{"protocol": ' + '1, "'), ('"operation":' + '"work"')
foreach ($secret in [IO.File]::ReadAllLines("$Work/secrets.txt") + $requests) {
    $needles.Add($secret)
    foreach ($offset in 0..2) {
        $bytes = [Text.Encoding]::UTF8.GetBytes(('x' * $offset) + $secret)
        $text = [Convert]::ToBase64String($bytes)
        # The first and last characters depend on what stands beside the secret.
        $needles.Add($text.Substring(4, $text.Length - 8))
    }
}

$read = 0
$found = New-Object Collections.Generic.HashSet[string]
foreach ($log in 'Microsoft-Windows-PowerShell/Operational', 'Windows PowerShell') {
    foreach ($event in Get-WinEvent -LogName $log) {
        $read += 1
        # The values too: in XML, characters of theirs may be escaped.
        $text = $event.ToXml()
        foreach ($property in $event.Properties) { $text += "`n$($property.Value)" }
        foreach ($needle in $needles) {
            if ($text.Contains($needle)) { $found.Add("$log, event $($event.Id)") | Out-Null }
        }
    }
}
"$read events read."
if (-not (Get-WinEvent -FilterHashtable @{LogName = 'Microsoft-Windows-PowerShell/Operational'; Id = 4103} -MaxEvents 1)) {
    throw 'Module logging wrote no event: nothing was proved.'
}
if ($found.Count) { throw "A secret or a request was logged: $($found -join '; ')" }
