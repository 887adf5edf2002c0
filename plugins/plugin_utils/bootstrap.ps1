# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Compiles the agent in memory and runs it once. stdin: gzipped C# source, full name of the type, request; the first and the third in base64.
# The agent gets its own source too: it may have to start itself again.
# Comment lines stay on the controller. The rest becomes one encoded command line: no here-strings, and nothing that needs its indentation.
# $input is the one stdin that winrm, psrp and ssh share; psrp hands it over as one string or as many, hence join and split.
# An invalid LIB breaks csc. -IgnoreWarnings: Windows PowerShell 5.1 counts compiler warnings as errors.
$ErrorActionPreference='Stop';$ProgressPreference='SilentlyContinue';$env:LIB=''
try{
$l=@((@($input)-join"`n").Split("`n")|%{$_.Trim()}|?{$_})
$z=New-Object IO.Compression.GZipStream((New-Object IO.MemoryStream(,[Convert]::FromBase64String($l[0]))),[IO.Compression.CompressionMode]::Decompress)
Add-Type -TypeDefinition (New-Object IO.StreamReader $z).ReadToEnd() -IgnoreWarnings
([type]$l[1])::Begin([Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($l[2])),$l[0])
exit 0
}catch{
'{"failed":true,"stage":"bootstrap","msg_b64":"'+[Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes("$_"))+'"}'
exit 1
}
