# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action that rehearses on a domain: no host is asked, names are masked, a refused login counts by the engine."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import json
import pathlib

import pytest
from unit.plugins import ldif_actions
from unit.plugins.recorded_host import Host

from ansible_collections.identityops.groupid.plugins.module_utils.rehearsal_claims import DIRECTORY_CLAIMS, HELD
from lab.directory.groups import ATTRIBUTES, Made
from lab.directory.slapd import Slapd

Make = c.Callable[..., Host]
ASKED = {"deployment": "HQ", "domain": "Corp.Example"}


@pytest.fixture(scope="module")
def slapd(tmp_path_factory: pytest.TempPathFactory) -> c.Iterator[Slapd]:
    groups = [dataclasses.replace(group, effective=ATTRIBUTES[:1]) for group in Made(30)]
    with Slapd(tmp_path_factory.mktemp("slapd"), groups=groups) as server:
        yield server


def test_the_result_stays_on_the_controller_without_names(host: Make, slapd: Slapd, tmp_path: pathlib.Path) -> None:
    made = host("groupid_ldif_rehearsal", {**ASKED, "directory": str(tmp_path)})
    result = made.run(**ldif_actions.domains(slapd))
    assert result["failed"] is False
    assert result["changed"] is False
    assert made.connection.commands == []
    kept = tmp_path / "rehearsal-hq-corp.example-directory.json"
    assert result["file"] == str(kept)
    claims = json.loads(kept.read_text())["claims"]
    assert [one["id"] for one in claims] == [claim.id for claim in DIRECTORY_CLAIMS]
    assert [one["id"] for one in claims if one["verdict"] != HELD] == ["directory.rights"]
    shown = kept.read_text().lower()
    for name in ("corp", "127.0.0.1", slapd.password.lower(), "cn="):
        assert name not in shown
    named = host("groupid_ldif_rehearsal", {**ASKED, "names": True}).run(**ldif_actions.domains(slapd))
    assert "dc=corp" in json.dumps(named["claims"]).lower()
    assert named["file"] is None
    before = kept.read_bytes()
    looked = host("groupid_ldif_rehearsal", {**ASKED, "directory": str(tmp_path)}, check_mode=True)
    result = looked.run(**ldif_actions.domains(slapd))
    assert (result["claims"], result["file"]) == (claims, None)
    assert kept.read_bytes() == before


@pytest.mark.parametrize(("engine", "fails"), [("ldap", True), ("auto", False), ("ldifde", False)])
def test_a_login_that_is_refused_counts_by_the_engine(host: Make, slapd: Slapd, engine: str, fails: bool) -> None:
    made = host("groupid_ldif_rehearsal", {**ASKED, "engine": engine})
    result = made.run(**ldif_actions.domains(slapd, password="wrong-1!"))
    assert bool(result["failed"]) is fails
    assert [one["verdict"] for one in result["claims"]].count("not held") == int(fails)
    assert "wrong-1!" not in json.dumps(result)


def test_names_that_only_the_server_knows_are_masked_too(host: Make, slapd: Slapd) -> None:
    """The domain that a server holds in the place of the one that was named, and the servers of a domain."""
    asked = {**ASKED, "domain": "other.example"}
    result = host("groupid_ldif_rehearsal", asked).run(**ldif_actions.domains(slapd, name="other.example"))
    [reported] = [one for one in result["claims"] if one["id"] == "directory.domain"]
    assert reported["verdict"] == "not held"
    assert "is a domain controller of <masked>" in reported["seen"]
    assert "example" not in json.dumps(result["claims"])
