# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write docs/reference/errors.md: every code of a failure, with the causes and next steps that the code gives it.

`python3 tests/tools/errors_page.py` writes the page. A unit test fails while it is not as it would be written.
"""

from __future__ import annotations

import re
import sys
import textwrap

import collection
from environment import ROOT
from failures_in_code import UNKNOWN, Entry, entries

sys.path.insert(0, str(collection.link()))

from ansible_collections.identityops.groupid.plugins.module_utils import connection_advice
from ansible_collections.identityops.groupid.plugins.module_utils.sql.numbers.operating_system import OPERATING_SYSTEM
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session import errors as sql_errors

PAGE = ROOT / "docs" / "reference" / "errors.md"
ITS_OWN_MESSAGE = "the message says what failed and why."
WIDTH = 140

HEAD = """\
# Error codes

<!-- Written by tests/tools/errors_page.py from the texts in the code. Change those, and run it again. -->

Every failure has a stable code, and says what was not done, why, and what to do next.
The result of a task has them in `error`. Look the code up here.
`…` stands for a value that is known only when the failure happens: a path, a name, a message of the system.

- [Codes](#codes), in alphabetical order
- [Connections](#connections): the host is unreachable
- [SQL Server's numbers](#sql-servers-numbers): codes `sql_<number>`
- [Windows' numbers of a backup file](#windows-numbers-of-a-backup-file): in errors of SQL Server

A code `ldap_<number>` is a result code of LDAP for which this collection has no code of its own.
`sql` is an error of SQL Server without a number.
"""


def written() -> str:
    """Return the whole page."""
    return "\n".join([HEAD, *_codes(), *_connections(), *_sql_numbers(), *_system_numbers()])


def _codes() -> list[str]:
    lines = ["## Codes", ""]
    known: dict[str, list[Entry]] = {}
    for entry in entries():
        known.setdefault(entry.code, []).append(entry)
    for code, found in known.items():
        lines += [f"### `{code}`", ""]
        sources: dict[tuple[str, str, str], list[str]] = {}
        for entry in found:
            sources.setdefault((entry.what, entry.cause, entry.next), []).append(_source(entry.place))
        for (what, cause, step), names in sources.items():
            message = " ".join(_sentence(text) for text in (what, cause) if text != UNKNOWN) or ITS_OWN_MESSAGE
            lines += _item(f"{', '.join(dict.fromkeys(names))}: {message}", step)
        lines.append("")
    return lines


def _connections() -> list[str]:
    lines = ["## Connections", "", "Ansible calls the host *unreachable*. The message names the likely causes.", ""]
    where = {"host": "HOST", "port": "PORT", "socket": "HOST:PORT", "url": "URL"}
    for (kind, way), advice in connection_advice.TABLE.items():
        causes = "; ".join(advice.causes)
        item = _item(f"`{kind}`, {way}: Likely {causes}.", "")
        item += _wrapped(f"To find out: {advice.command}", "  ", "  ")
        lines += [line.format(**where) for line in item]
    return [*lines, ""]


def _sql_numbers() -> list[str]:
    lines = ["## SQL Server's numbers", ""]
    for number, advice in sql_errors.ADVICE.items():
        lines += _item(f"`sql_{number}`: {advice.meaning} {advice.cause}", advice.next_step)
    return [*lines, ""]


def _system_numbers() -> list[str]:
    lines = ["## Windows' numbers of a backup file", ""]
    for number, (meaning, step) in OPERATING_SYSTEM.items():
        lines += _item(f"`{number}`: {meaning}", step)
    return [*lines, ""]


def _item(said: str, step: str) -> list[str]:
    following = [] if step in (UNKNOWN, "") else _wrapped(f"Next: {_sentence(step)}", "  ", "  ")
    return [*_wrapped(said, "- ", "  "), *following]


def _wrapped(text: str, first: str, others: str) -> list[str]:
    marked = re.sub(r"(?<!`)([*<])", r"\\\1", " ".join(text.split()))
    return textwrap.wrap(
        marked, WIDTH, initial_indent=first, subsequent_indent=others, break_long_words=False, break_on_hyphens=False
    )


def _sentence(text: str) -> str:
    return text if text.rstrip().endswith((".", "?", ":", UNKNOWN)) else f"{text}."


def _source(place: str) -> str:
    if "/agent/" in place:
        return "Agent"
    if "/sql" in place:
        return "SQL Server"
    return "Directory" if "/directory/" in place or "/groups/" in place or "ldif" in place else "Controller"


if __name__ == "__main__":
    PAGE.write_text(written(), encoding="utf-8")
