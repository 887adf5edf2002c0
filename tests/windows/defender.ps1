# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
<#
.SYNOPSIS
Turns Defender on, without exclusions. Fails when it is not on after that.

.DESCRIPTION
Images of runners have it off, and both drives excluded. Windows takes a setting that a policy forbids without an error.
#>
$ErrorActionPreference = 'Stop'
Set-StrictMode -Version 3

$policy = 'HKLM:\SOFTWARE\Policies\Microsoft\Windows Advanced Threat Protection'
Remove-ItemProperty -Path $policy -Name ForceDefenderPassiveMode -ErrorAction SilentlyContinue
Set-MpPreference -DisableRealtimeMonitoring $false
foreach ($path in @((Get-MpPreference).ExclusionPath)) {
    if ($path) { Remove-MpPreference -ExclusionPath $path }
}

# It takes a moment to start.
foreach ($second in 1..60) {
    $status = Get-MpComputerStatus
    $excluded = @((Get-MpPreference).ExclusionPath) -ne $null
    if ($status.RealTimeProtectionEnabled -and $status.AMRunningMode -eq 'Normal' -and -not $excluded) { return }
    Start-Sleep -Seconds 1
}
throw "Defender does not watch this computer, and nothing would be proved. Real-time protection: $($status.RealTimeProtectionEnabled), mode: $($status.AMRunningMode), excluded: $($excluded -join ', ')"
