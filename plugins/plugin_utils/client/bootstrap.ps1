# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs one script, once. stdin: the number of the script's lines, the script, then the lines that the script finds in $l.
# Comment lines stay on the controller. The rest becomes one encoded command line: no here-strings, and no code that depends on its indentation.
# winrm, psrp and ssh all give stdin as $input. psrp gives one string or many, so it is joined and split.
# No cmdlet and no pipeline: module logging records what is bound to a parameter, and a request has secrets. The same is true for agent.ps1 and job.ps1.
# $stage: where it failed. Until a script sets it, nothing has been done.
$ErrorActionPreference='Stop';$ProgressPreference='SilentlyContinue';$stage='bootstrap'
try{
$l=(@($input)-join"`n").Split("`r`n".ToCharArray(),[StringSplitOptions]'RemoveEmptyEntries')
$n=[int]$l[0]
$s=[scriptblock]::Create($l[1..$n]-join"`n")
$l=$l[($n+1)..($l.Length-1)]
.$s
exit 0
}catch{
'{"failed":true,"stage":"'+$stage+'","msg_b64":"'+[Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes("$_"))+'"}'
exit 1
}
