# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names and texts as T-SQL writes them.

Not all drivers can pass parameters to BACKUP and RESTORE, so batches are literal. Every value of a caller goes through
``identifier`` or ``literal``, and nothing else makes T-SQL from a value.
"""

from __future__ import annotations

import unicodedata

SYSTEM_DATABASES = ("master", "model", "msdb", "tempdb")

# Of sysname, in UTF-16 code units, as the server counts.
_NAME_LIMIT = 128
# Control characters (a backslash before a line's end vanishes from a literal, and the line's end with it), separators
# of lines and paragraphs, and halves of a character, which cannot be encoded.
_REFUSED = frozenset(("Cc", "Cs", "Zl", "Zp"))


def identifier(name: str) -> str:
    """Return a name in brackets, ``na]me`` as ``[na]]me]``.

    Raises ValueError for one that is empty, longer than 128 UTF-16 code units, or contains a control character.
    """
    _check(name, "name")
    if len(name.encode("utf-16-le")) // 2 > _NAME_LIMIT:
        raise ValueError(f"The name {name!r} is longer than the {_NAME_LIMIT} characters that SQL Server allows.")
    return "[" + name.replace("]", "]]") + "]"


def literal(text: str) -> str:
    """Return a text as a Unicode literal, ``te'xt`` as ``N'te''xt'``.

    Raises ValueError for one that is empty or contains a control character.
    """
    _check(text, "text")
    return "N'" + text.replace("'", "''") + "'"


def check_database(name: str) -> str:
    """Return the name of a database unchanged if it can be GroupID's.

    Raises ValueError for SQL Server's own databases (in any writing that a collation may take for theirs), and for
    what ``identifier`` refuses.
    """
    identifier(name)
    if name != name.strip():
        raise ValueError(f"The database name {name!r} starts or ends with a blank. Remove it.")
    if unicodedata.normalize("NFKC", name).strip().casefold() in SYSTEM_DATABASES:
        raise ValueError(f"{name!r} is a system database of SQL Server. Give the name of GroupID's database.")
    return name


def _check(value: str, kind: str) -> None:
    if not value:
        raise ValueError(f"A {kind} for SQL Server is empty.")
    for character in value:
        if unicodedata.category(character) in _REFUSED:
            raise ValueError(
                f"The {kind} {value!r} contains the control character U+{ord(character):04X}, "
                "which is never put into a SQL statement."
            )
