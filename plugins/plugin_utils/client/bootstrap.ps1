# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs one script, once. stdin: the number of the script's lines, the script, and after it the lines that it finds in $l.
# Comment lines stay on the controller. The rest becomes one encoded command line: no here-strings, and nothing that needs its indentation.
# $input is the one stdin that winrm, psrp and ssh share; psrp hands it over as one string or as many, hence join and split.
# No cmdlet and no pipeline: module logging writes down what is bound to a parameter, and a request has secrets. So in agent.ps1 and job.ps1.
# $stage: what failed. Until a script says otherwise, nothing has been done.
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
