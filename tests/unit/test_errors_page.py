# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/reference/errors.md has every code of the agent, of SQL Server and of the directory, as they are now."""

from __future__ import annotations

import pathlib
import re

import agent_contract
import errors_page
import failures_in_code
import pytest

from ansible_collections.identityops.groupid.plugins.module_utils.directory.session import errors as directory_errors
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.source import agent_files

PAGE = errors_page.PAGE.read_text(encoding="utf-8")
ENTRIES = failures_in_code.entries()
CODES = {entry.code for entry in ENTRIES}

EXPECTED_NOWHERE = {
    "internal",  # nobody knows what causes it
    "not_done",  # the cause within stop_failed and resume_incomplete
    "root_missing",  # no host of the lab lacks a drive
}

NO_CODES_OF_THEIR_OWN = {
    ("apply.py", "failure.code"),  # of a failure that came about before
    ("connection_advice.py", "kind"),  # in the page's section about connections
}


def test_the_page_is_as_it_would_be_written() -> None:
    assert errors_page.written() == PAGE, "Run python3 tests/tools/errors_page.py"


def test_every_failure_of_the_python_has_a_code_that_can_be_found() -> None:
    assert failures_in_code.unresolved() == NO_CODES_OF_THEIR_OWN


def test_every_failure_of_the_agent_has_a_code_that_can_be_told() -> None:
    """As a text or a constant; beside these, what callers hand on, and the code of a failure that came about before."""
    handed_on = {"code", "differs", "error.Code", "failure.Code"}
    for name, path in agent_files().items():
        for code in re.findall(r"\bnew AgentError\(\s*([^,]+),", path.read_text(encoding="utf-8")):
            assert re.fullmatch(r'"[a-z0-9_]+"|[A-Z]\w+', code) or code in handed_on, f"{name}: {code}"


def test_every_code_of_the_agent_is_there() -> None:
    reported = {entry.code for entry in failures_in_code.agent_entries()}
    assert reported == agent_contract.read(agent_files()).codes()
    assert reported <= CODES


def test_every_code_of_the_agent_is_expected_by_a_test() -> None:
    here = pathlib.Path(__file__).parent
    others = [path for path in here.rglob("*.py") if path.name not in ("test_errors_page.py", "test_protocol_page.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in others)
    codes = {entry.code for entry in ENTRIES if "/agent/" in entry.place}
    assert {code for code in codes if f'"{code}"' not in text} == EXPECTED_NOWHERE, "write a test in tests/unit/agent"


def test_every_code_of_the_directory_is_there() -> None:
    tables = (
        directory_errors.RESULTS,
        directory_errors.BIND_DATA,
        directory_errors.CHANGES,
        directory_errors.KERBEROS,
        directory_errors.WINDOWS,
    )
    assert {advice.code for table in tables for advice in table.values()} <= CODES


@pytest.mark.parametrize(
    ("code", "place", "cause", "next_step"),
    [
        ("set_link", "FolderTrust.cs", "It is a link, and links in a backup root are not followed.", "Find out who"),
        ("sealed_differs", "Seal.cs", "Another document, with digest …, is there already.", "Back the deployment up"),
        ("write_failed", "Writer.cs", "…", "…"),
        ("not_windows", "client/client.py", "connection … does not talk to a Windows shell", "Set ansible_connection"),
        ("ldifde_cut", "ldifde.py", "The file does not end with an empty line: its end is missing", "Read the message"),
        ("refused", "connectivity.py", "…: connection refused", "Check that it is a domain controller"),
        ("refused", "odbc_failure.py", "…, TCP port …: connection refused", "SQL Server is not running"),
        ("no_files", "checks.py", "files is empty.", "Name the backup's file"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_texts_are_found_where_they_stand(code: str, place: str, cause: str, next_step: str) -> None:
    found = [entry for entry in ENTRIES if entry.code == code and entry.place.endswith(f"/{place}")]
    assert any(entry.cause == cause and entry.next.startswith(next_step) for entry in found), found


def test_every_entry_says_something() -> None:
    silent = {entry.code for entry in ENTRIES if {entry.what, entry.cause, entry.next} == {failures_in_code.UNKNOWN}}
    assert silent <= {"task", "unreachable", "variable", "write_failed"}  # the caller writes these texts
