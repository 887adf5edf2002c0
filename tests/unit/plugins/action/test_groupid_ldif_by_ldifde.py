# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An export by ldifde.exe on the host: what the action asks of the host, and makes of what the program does."""

from __future__ import annotations

import base64
import collections.abc as c
import gzip
import hashlib
import pathlib
import subprocess
import typing as t

import pytest
from unit.plugins.ldif_actions import ARGS, STORE, Make, domains, undo_of
from unit.plugins.recorded_host import Host, Outcome, answer, error

from ansible_collections.identityops.groupid.plugins.module_utils.directory.export import ldifde
from lab.directory import ldifde as standin
from lab.directory.groups import Group, Made
from lab.directory.slapd import Slapd

USER = "CORP\\svc-backup"
PROBE = answer("probe", computer={"user": USER})
BASE = "OU=Gruppen,DC=corp,DC=example"
SINGLE = [Group("Sales", b"\1" * 16, attributes={"extensionAttribute12": (b"one",)})]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> c.Iterator[Slapd]:
    with Slapd(tmp_path_factory.mktemp("slapd"), groups=Made(40)) as server:
        yield server


def ran(folder: pathlib.Path, server: Slapd, arguments: list[str], **changes: str) -> Outcome:
    """The agent's answer to a run of the stand-in."""
    account = standin.Account(server.uri, server.bind_dn, server.password, str(server.ca_file), server.base)
    program = standin.install(folder / "C", account)
    standin.change(folder / "C", **changes)
    work = folder / str(len(list(folder.iterdir())))
    work.mkdir()
    given = [one.replace("{work}\\", f"{work}/").replace("{work}", str(work)) for one in arguments]
    done = subprocess.run([program, *given], cwd=work, capture_output=True, check=False, timeout=60)
    files = {name: packed(work / name) for name in ldifde.COLLECT}
    said = {"stdout": done.stdout.decode("cp850"), "stderr": "", "output_truncated": False}
    return answer("run", changed=True, exit_code=done.returncode, files=files, **said)


def packed(file: pathlib.Path) -> dict[str, t.Any] | None:
    if not file.exists():
        return None
    content = file.read_bytes()
    return {
        "content": base64.b64encode(gzip.compress(content)).decode(),
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def by_ldifde(
    host: Make,
    folder: pathlib.Path,
    server: Slapd,
    *then: Outcome,
    base: str | None = None,
    variables: dict[str, t.Any] | None = None,
    **changes: str,
) -> tuple[Host, dict[str, t.Any]]:
    """Export by the program, which does something wrong with the groups: the host and the result."""
    names = ("extensionData", *(f"extensionAttribute{number}" for number in range(12, 16)))
    filter_text = "(&(objectClass=group)(objectCategory=group))"
    of_groups = ldifde.arguments("127.0.0.1", base or server.base, filter_text, names, 30)
    runs = [ran(folder, server, ldifde.domain_arguments("127.0.0.1", one, 30)) for one in (server.base, base) if one]
    runs.append(ran(folder, server, of_groups, **changes))
    made = host("groupid_ldif_export", {**ARGS, "engine": "ldifde", "allow_empty": True}, *runs, *then)
    return made, made.run(**domains(server, **({"base": base} if base else {})), **(variables or {}))


def test_the_program_is_where_the_host_has_its_windows(host: Make) -> None:
    asked = {**ARGS, "engine": "ldifde"}
    made = host("groupid_ldif_export", asked, answer("run", **error("program_missing", path="E:\\WINNT\\x.exe")))
    variables = {"groupid_domains": [{"name": "corp.example", "username": "u@x", "password": "p"}]}
    assert made.run(**variables)["error"]["code"] == "program_missing"
    assert made.requests[0]["program"] == "%SystemRoot%\\System32\\ldifde.exe"


def test_the_account_is_the_one_that_others_see_of_the_host(
    host: Make, directory: Slapd, tmp_path: pathlib.Path
) -> None:
    made, result = by_ldifde(host, tmp_path, directory, PROBE, *STORE)
    assert (result["failed"], result["account"], result["read_only"]) == (False, USER, None), result
    details = made.requests[-1]["details"]
    assert (details["account"], details["base_guid"]) == (USER, details["domain_guid"])


def test_an_account_that_the_host_wears_is_the_one_that_is_recorded(
    host: Make, directory: Slapd, tmp_path: pathlib.Path
) -> None:
    worn = {"groupid_network_username": "CORP\\share", "groupid_network_password": "p"}
    made, result = by_ldifde(host, tmp_path, directory, *STORE, variables=worn)
    assert (result["failed"], result["account"]) == (False, "CORP\\share"), result
    assert "probe" not in {one["operation"] for one in made.requests}


def test_a_base_is_recorded_by_its_objectguid_too(host: Make, directory: Slapd, tmp_path: pathlib.Path) -> None:
    made, result = by_ldifde(host, tmp_path, directory, PROBE, *STORE, base=BASE)
    assert result["failed"] is False, result
    details = made.requests[-1]["details"]
    assert details["base"] == BASE
    assert len(details["base_guid"]) == 36
    assert details["base_guid"] != details["domain_guid"]


def test_no_entries_found_without_a_file_can_be_allowed(host: Make, directory: Slapd, tmp_path: pathlib.Path) -> None:
    dummy, result = by_ldifde(host, tmp_path, directory, PROBE, *STORE, fault="no_file")
    assert (result["failed"], result["groups"]) == (False, 0), result
    assert "0 groups match" in result["warnings"][0]


def test_groups_of_a_child_domain_are_left_out(host: Make, directory: Slapd, tmp_path: pathlib.Path) -> None:
    made, result = by_ldifde(host, tmp_path, directory, PROBE, *STORE, fault="children")
    assert (result["failed"], result["groups"]) == (False, 40), result
    assert not any(b"emea" in content for content in undo_of(made)[0].values())


def test_a_part_of_the_values_is_refused_with_the_engine_that_reads_the_rest(
    host: Make, directory: Slapd, tmp_path: pathlib.Path
) -> None:
    made, result = by_ldifde(host, tmp_path, directory, fault="range")
    assert (result["failed"], result["error"]["code"]) == (True, "range")
    assert "engine ldap" in result["error"]["next"]
    assert {one["operation"] for one in made.requests} == {"run"}
