# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Compiles the agent in memory and runs it once. Lines: gzipped C# source, full name of the type, request; the first and the third in base64.
# The agent gets its own source too: it may have to start itself again.
# An invalid LIB breaks csc. -IgnoreWarnings: Windows PowerShell 5.1 counts compiler warnings as errors.
# Add-Type is the only cmdlet: it gets the source, which has no secret.
$env:LIB=''
$z=[IO.Compression.GZipStream]::new([IO.MemoryStream]::new([Convert]::FromBase64String($l[0])),[IO.Compression.CompressionMode]'Decompress')
Add-Type -TypeDefinition ([IO.StreamReader]::new($z).ReadToEnd()) -IgnoreWarnings
$stage='agent'
([type]$l[1])::Begin([Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($l[2])),$l[0])
