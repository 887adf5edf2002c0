# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stand-in for ldifde.exe says, in two languages, and the logs that it leaves.

No public source was found for what ldifde.exe writes, and ends with, when no entry matches ("nothing").
"""

from __future__ import annotations

import collections.abc as c
import pathlib
import sys

# A server says this in English, whatever the language of Windows.
_UNBOUND = (
    "00002020: LdapErr: DSID-0C090A37, comment: In order to perform this operation a successful bind must be "
    "completed on the connection., data 0, v4563"
)
TEXTS: dict[str, dict[str, str]] = {
    "en": {
        "connecting": 'Connecting to "{0}"',
        "logon": "Logging in as current user using SSPI",
        "exporting": "Exporting directory to file {0}",
        "searching": "Searching for entries...",
        "exported": "Writing out entries{1}\r\n{0} entries exported",
        "nothing": "No Entries found",
        "done": "\r\nThe command has completed successfully",
        "usage": "Invalid Parameter: {0}\r\n\r\nLDIF Directory Exchange",
        "no_server": "The connection cannot be established\r\nThe error code is 8250\r\n"
        "0x203a: The server is not operational.",
        "logon_failed": "The connection cannot be established\r\nThe error code is 1326\r\n"
        "0x52e: The user name or password is incorrect.",
        "no_bind": "LDAP search error: 'Operations Error'\r\nThe server side error is: 0x2020\r\n"
        "The extended server error is:\r\n"
        f"{_UNBOUND}",
        "filter": "Search Failed\r\nLDAP search error: 'Filter Error' (0x57)",
        "search": "LDAP search error: '{0}'\r\nThe extended server error is:\r\n{1}",
        "failed": "\r\nAn error has occurred in the program",
    },
    "de": {
        "connecting": 'Verbindung mit "{0}" wird hergestellt.',
        "logon": "Anmelden als aktueller Benutzer unter Verwendung von SSPI",
        "exporting": "Das Verzeichnis wird in die Datei {0} exportiert.",
        "searching": "Es wird nach Einträgen gesucht...",
        "exported": "Die Einträge werden geschrieben{1}\r\n{0} Einträge wurden exportiert.",
        "nothing": "Keine Einträge gefunden.",
        "done": "\r\nDer Befehl wurde einwandfrei durchgeführt.",
        "usage": "Ungültiger Parameter: {0}\r\n\r\nLDIF-Verzeichnisaustausch",
        "no_server": "Die Verbindung kann nicht hergestellt werden.\r\nFehlercode: 8250\r\n"
        "0x203a: Der Server ist nicht funktionstüchtig.",
        "logon_failed": "Die Verbindung kann nicht hergestellt werden.\r\nFehlercode: 1326\r\n"
        "0x52e: Der Benutzername oder das Kennwort ist falsch.",
        "no_bind": "LDAP-Suchfehler: 'Vorgangsfehler'\r\nServerseitiger Fehler: 0x2020\r\nErweiterter Serverfehler:\r\n"
        f"{_UNBOUND}",
        "filter": "Fehler bei der Suche.\r\nLDAP-Suchfehler: 'Filterfehler' (0x57)",
        "search": "LDAP-Suchfehler: '{0}'\r\nErweiterter Serverfehler:\r\n{1}",
        "failed": "\r\nIm Programm ist ein Fehler aufgetreten.",
    },
}
# The code pages of a German Windows: its consoles' and its files'.
_CONSOLE, _FILES = "cp850", "cp1252"
_FLOOD_LINES = 20_000


class Messages:
    """All that one run says."""

    def __init__(self, texts: c.Mapping[str, str]) -> None:
        self._texts = texts
        self._said: list[str] = []
        self._failure = ""

    def text(self, name: str, *values: str) -> str:
        """Return a message."""
        return self._texts[name].format(*values)

    def say(self, name: str, *values: str) -> None:
        """Say a message."""
        self._said.append(self.text(name, *values))

    def fail(self, text: str) -> None:
        """Say what went wrong; it stands in ldif.err too."""
        self._failure = text
        self._said += [text, self.text("failed")]

    def fill(self) -> None:
        """Say more than a pipe or a caller's buffer holds."""
        self._said += ["." * 79] * _FLOOD_LINES

    def print(self) -> None:
        """Print all of it, in the code page of the console."""
        sys.stdout.buffer.write(self._all().encode(_CONSOLE, "replace"))
        sys.stdout.buffer.flush()

    def write(self, folder: pathlib.Path, *, unicode: bool) -> None:
        """Write ldif.log, and ldif.err after a failure."""
        encoding, mark = ("utf-16-le", "\ufeff") if unicode else (_FILES, "")
        (folder / "ldif.log").write_bytes((mark + self._all()).encode(encoding, "replace"))
        if self._failure:
            (folder / "ldif.err").write_bytes((mark + self._failure + "\r\n").encode(encoding, "replace"))

    def _all(self) -> str:
        return "".join(f"{line}\r\n" for line in self._said)
