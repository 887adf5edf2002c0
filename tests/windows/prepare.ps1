# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
<#
.SYNOPSIS
Makes this computer a GroupID server, a file server, and a host that Ansible reaches as localhost.

.DESCRIPTION
For a computer that is thrown away: it opens WinRM, turns off a protection of local accounts, and makes accounts whose
passwords lie in the inventory. In the folder -Work it leaves inventory.yml, ca.pem, and secrets.txt with each password.
#>
param([Parameter(Mandatory)][string] $Work)
$ErrorActionPreference = 'Stop'
Set-StrictMode -Version 3

function New-Account([string] $Name) {
    $bytes = New-Object byte[] 18
    $source = [Security.Cryptography.RandomNumberGenerator]::Create()
    $source.GetBytes($bytes)
    # What complexity rules ask for stands at the end.
    $password = [Convert]::ToBase64String($bytes).Replace('+', 'x').Replace('/', 'y') + 'aA1!'
    [Console]::WriteLine("::add-mask::$password")
    $secure = New-Object Security.SecureString
    foreach ($character in $password.ToCharArray()) { $secure.AppendChar($character) }
    New-LocalUser -Name $Name -Password $secure -PasswordNeverExpires | Out-Null
    [IO.File]::AppendAllText("$Work\secrets.txt", "$password`n")
    $password
}

function New-Disk([string] $Letter, [string] $FileSystem, [int] $Megabytes) {
    # New-VHD needs Hyper-V, diskpart does not.
    $file = "$Work\$Letter.vhdx"
    $script = "$Work\$Letter.txt"
    Set-Content -Path $script -Encoding Ascii -Value @(
        "create vdisk file=`"$file`" maximum=$Megabytes type=expandable"
        'attach vdisk'
        'create partition primary'
        "assign letter=$Letter"
    )
    diskpart /s $script
    if ($LASTEXITCODE) { throw "diskpart ended with $LASTEXITCODE." }
    Format-Volume -DriveLetter $Letter -FileSystem $FileSystem -Force | Out-Null
}

New-Item -ItemType Directory -Path $Work -Force | Out-Null

# Accounts: one that Ansible logs in with, and one that only the share knows.
$run = New-Account 'groupid_run'
$share = New-Account 'groupid_share'
Add-LocalGroupMember -SID 'S-1-5-32-544' -Member 'groupid_run'

# WinRM, by NTLM over HTTP and by basic authentication over HTTPS. Without the policy a local administrator comes in
# without the rights of one.
$policies = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System'
Set-ItemProperty -Path $policies -Name LocalAccountTokenFilterPolicy -Value 1 -Type DWord
Enable-PSRemoting -SkipNetworkProfileCheck -Force | Out-Null
$certificate = New-SelfSignedCertificate -DnsName localhost -CertStoreLocation Cert:\LocalMachine\My
New-Item -Path WSMan:\localhost\Listener -Transport HTTPS -Address * -CertificateThumbPrint $certificate.Thumbprint -Force | Out-Null
Set-Item -Path WSMan:\localhost\Service\Auth\Basic -Value $true
$pem = [Convert]::ToBase64String($certificate.RawData, [Base64FormattingOptions]::InsertLineBreaks)
[IO.File]::WriteAllText("$Work\ca.pem", "-----BEGIN CERTIFICATE-----`n$($pem.Replace("`r", ''))`n-----END CERTIFICATE-----`n")

# Disks of each kind, and a share whose account is no administrator.
New-Disk -Letter N -FileSystem NTFS -Megabytes 2000
New-Disk -Letter X -FileSystem exFAT -Megabytes 1000
New-Disk -Letter R -FileSystem ReFS -Megabytes 5000
New-Item -ItemType Directory -Path N:\Share | Out-Null
$rights = New-Object Security.AccessControl.FileSystemAccessRule(
    "$env:COMPUTERNAME\groupid_share", 'Modify', 'ContainerInherit, ObjectInherit', 'None', 'Allow')
$list = Get-Acl -Path N:\Share
$list.AddAccessRule($rights)
Set-Acl -Path N:\Share -AclObject $list
New-SmbShare -Name GroupIDBackups -Path N:\Share -FullAccess "$env:COMPUTERNAME\groupid_share" | Out-Null

# What hears and sees: module and script block logging, and Defender without exclusions.
$logging = 'HKLM:\SOFTWARE\Policies\Microsoft\Windows\PowerShell'
New-Item -Path "$logging\ModuleLogging\ModuleNames", "$logging\ScriptBlockLogging" -Force | Out-Null
Set-ItemProperty -Path "$logging\ModuleLogging" -Name EnableModuleLogging -Value 1 -Type DWord
Set-ItemProperty -Path "$logging\ModuleLogging\ModuleNames" -Name '*' -Value '*'
Set-ItemProperty -Path "$logging\ScriptBlockLogging" -Name EnableScriptBlockLogging -Value 1 -Type DWord
wevtutil set-log Microsoft-Windows-PowerShell/Operational /maxsize:200000000
& "$PSScriptRoot\defender.ps1"

# GroupID 10.0 as far as this collection looks at it.
$installation = "$env:ProgramFiles\Imanami\GroupID 10.0"
$data = "$env:ProgramData\Imanami\GroupID 10.0"
New-Item -Path 'HKLM:\SOFTWARE\Imanami\GroupID\Version 10.0' -Force | Out-Null
$folders = @(
    "$installation\SelfService\Inetpub\HR Portal", "$installation\PasswordCenter\Inetpub\Users"
    "$installation\PasswordCenter\Helpdesk\Inetpub\Desk", "$installation\Schedules", "$data\Synchronize\Jobs\Nightly"
    "$data\Reports", "$data\Replication\data\nodes\0"
)
$random = New-Object Random(7)
foreach ($folder in $folders) {
    New-Item -ItemType Directory -Path $folder -Force | Out-Null
    foreach ($number in 1..20) {
        $content = New-Object byte[] (1000 * $number)
        $random.NextBytes($content)
        [IO.File]::WriteAllBytes("$folder\file $number.bin", $content)
    }
}

[IO.File]::WriteAllText("$Work\inventory.yml", @"
all:
  children:
    groupid:
      hosts:
        here:
          ansible_host: localhost
      vars:
        ansible_user: groupid_run
        ansible_password: '$run'
        groupid_deployment: hq
        groupid_version: '10.0'
        share_username: '$env:COMPUTERNAME\groupid_share'
        share_password: '$share'
        share_root: '\\$env:COMPUTERNAME\GroupIDBackups'
"@)
