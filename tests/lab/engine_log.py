# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What PowerShell's engine binds to the parameters of cmdlets: what module logging (events 800 and 4103) writes down.

The engine's own trace of its binder, which every edition has; the event log itself is Windows'.
"""

from __future__ import annotations

import base64
import pathlib
import re

_PREAMBLE = """
$flags = [Reflection.BindingFlags]'Static,NonPublic,Public'
$source = [psobject].Assembly.GetType('System.Management.Automation.PSTraceSource')
$find = $source.GetMethod('GetTracer', $flags, $null, [type[]]@([string], [string]), $null)
$tracer = $find.Invoke($null, @('ParameterBinding', 'ParameterBinding'))
$tracer.Options = [Management.Automation.PSTraceSourceOptions]'All'
$tracer.Switch.Level = 'All'
[void]$tracer.Listeners.Add([Diagnostics.TextWriterTraceListener]::new('{file}'))
[Diagnostics.Trace]::AutoFlush = $true
"""
_CMDLET = re.compile(r"BIND (?:NAMED cmd line args|PIPELINE object to parameters:) \[([\w-]+)\]", re.IGNORECASE)


SCREEN = frozenset({"out-default", "out-lineoutput", "format-default"})
"""What brings a script's output to the screen, and with it an answer."""


def logging_to(file: pathlib.Path) -> str:
    """Return what stands before a script whose engine shall write its bindings to a file."""
    return _PREAMBLE.replace("{file}", str(file))


def cmdlets(file: pathlib.Path) -> set[str]:
    """Name the cmdlets that were bound, those of SCREEN in small letters."""
    found = set(_CMDLET.findall(file.read_text(encoding="utf-8", errors="replace")))
    return {name.lower() if name.lower() in SCREEN else name for name in found}


def forms_of(secret: str) -> set[str]:
    """Return how a secret may look in a log: as it is, and inside base64 at each of the three places of a byte."""
    raw, forms = secret.encode("utf-8"), {secret}
    for lead in range(3):
        encoded = base64.b64encode(b"\0" * lead + raw).decode("ascii")
        forms.add(encoded[(lead * 8 + 5) // 6 : (lead + len(raw)) * 8 // 6])
    return forms
