# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""groupid_signing_key: from the variables into signatures and verdicts, and never into a request or a result."""

from __future__ import annotations

import hashlib
import json
import typing as t

import pytest
from unit.plugins.recorded_host import Host, answer, error, job, trusted

from ansible_collections.identityops.groupid.plugins.module_utils import signature

Make = t.Callable[..., Host]
SET_ID, NEWER = "20261122T150405Z", "20261123T150405Z"
ROOT = {"backup_root": "D:\\Backups", "deployment": "hq"}
ARGS = {**ROOT, "set_id": SET_ID}
KEY = "Sign1ng-key-of-the-tests-0123456789"
OLD = "An-earlier-key-of-the-tests-0123456789"
SIGNED = {"groupid_signing_key": KEY}
SEAL = "d" * 64
MEMBER = {
    "server": "web01",
    "part_sha256": "ab" * 32,
    "state": "complete",
    "machine_guid": "guid",
    "version": "10.0",
    "files": 3,
    "bytes": 12,
    "epoch": SET_ID,
    "finished": "2026-11-22T15:04:17.1234567Z",
}
RESTORE = {**ARGS, "components": ["reports"], "safety_set_id": "20261124T000000Z-before-restore"}


def cut(key: str | None, digest: str = "0" * 64) -> dict[str, str] | None:
    """The signature of a document with this digest, as the agent tells it."""
    if key is None:
        return None
    text = signature.signed(json.dumps({"x": digest}, indent=2) + "\n", key)
    unsigned = json.dumps({"x": digest}, indent=2) + "\n"
    member = json.loads(text)["signature"]
    signed = hashlib.sha256(unsigned.encode()).hexdigest()
    return {"key_id": member["key_id"], "value": member["value"], "signed_sha256": signed}


def found(key: str | None = KEY, set_id: str = SET_ID, **fields: t.Any) -> dict[str, t.Any]:
    """A set as the agent lists it."""
    return {
        "deployment": "hq",
        "set_id": set_id,
        "path": f"D:\\Backups\\hq\\{set_id}",
        "sealed": True,
        "seal_sha256": SEAL,
        "prepared_sha256": SEAL,
        "members": ["web01"],
        "narrowed": [],
        "parts": [],
        "seal_signed": cut(key),
        "prepared_signed": cut(key),
        **fields,
    }


def listing(*sets: dict[str, t.Any]) -> dict[str, t.Any]:
    return answer("list", exists=True, sets=list(sets), set_count=len(sets))


def probe(*sets: dict[str, t.Any]) -> dict[str, t.Any]:
    root = {"path": "D:\\Backups", "sets": list(sets), "error": None}
    return answer("probe", roots=[root], computer={"server": "web01"})


class TestSealing:
    def sealed(self, host: Make, **variables: t.Any) -> str:
        args = {**ARGS, "phase": "prepared", "members": [MEMBER], "decider": "web01"}
        made = host("groupid_backup_seal", args, answer("seal"))
        assert made.run(**variables)["failed"] is False
        [request] = made.requests
        assert not any(key in json.dumps(request) for key in (KEY, OLD))
        assert request["document_sha256"] == hashlib.sha256(request["document"].encode()).hexdigest()
        document: str = request["document"]
        return document

    def test_the_first_key_signs(self, host: Make) -> None:
        unsigned = self.sealed(host)
        assert "signature" not in json.loads(unsigned)
        for more in ({}, {"groupid_old_signing_keys": [OLD]}):
            assert self.sealed(host, **SIGNED, **more) == signature.signed(unsigned, KEY)

    def test_it_comes_by_templates(self, host: Make) -> None:
        given = {"groupid_signing_key": trusted("{{ stored }}"), "stored": f"{KEY}\n"}
        assert self.sealed(host, **given) == signature.signed(self.sealed(host), KEY)

    def test_old_keys_sign_nothing(self, host: Make) -> None:
        assert "signature" not in json.loads(self.sealed(host, groupid_old_signing_keys=[OLD]))


@pytest.mark.parametrize(
    "variables",
    [
        {"groupid_signing_key": "Too-short-Key-31-characters-long"[:31]},
        {**SIGNED, "groupid_old_signing_keys": ["Too-short-Key-31-characters-long"[:31]]},
        {"groupid_signing_key": trusted("{{ nowhere['Too-short-Key'] }}")},
        {"groupid_signing_key": ["Too-short-Key"]},
        {**SIGNED, "groupid_old_signing_keys": {"Too-short-Key": 1}},
    ],
)
def test_a_key_that_is_none_is_refused_without_a_word_of_it(host: Make, variables: dict[str, t.Any]) -> None:
    for module, args in (("groupid_sets", ROOT), ("groupid_info", {}), ("groupid_backup_verify", ARGS)):
        made = host(module, args)
        result = made.run(**variables)
        assert (result["failed"], result["error"]["code"], made.requests) == (True, "argument", [])
        assert "_signing_key" in result["msg"]
        assert "Too-short" not in json.dumps(result)
    if isinstance(variables["groupid_signing_key"], str) and len(variables["groupid_signing_key"]) == 31:
        assert "must have at least 32 characters" in result["msg"]


class TestListing:
    def test_each_set_has_a_verdict_by_the_given_keys(self, host: Make) -> None:
        sets = [found(KEY), found(OLD, "20261121T000000Z"), found(None, "20261120T000000Z")]
        for variables, states in (
            (SIGNED, ["valid", "other_key", "missing"]),
            ({**SIGNED, "groupid_old_signing_keys": OLD}, ["valid", "valid", "missing"]),
            ({}, ["unchecked", "unchecked", None]),
        ):
            result = host("groupid_sets", ROOT, listing(*sets)).run(**variables)
            verdicts = [one["signature"] for one in result["sets"]]
            assert [verdict and verdict["state"] for verdict in verdicts] == states
            root = host("groupid_info", ROOT, probe(*sets)).run(**variables)["backup_root"]
            for name in ("signature", "prepared_signature"):
                assert [one[name] for one in root["sets"]] == verdicts
            assert not any("seal_signed" in one for one in root["sets"])


class TestUsing:
    """What reads a set first asks for its seal, and binds what follows to it."""

    USES = (("groupid_backup_verify", ARGS, "verify"), ("groupid_restore_folder", RESTORE, "restore"))

    @pytest.mark.parametrize(("module", "args", "operation"), USES)
    def test_a_signed_set(self, host: Make, module: str, args: dict[str, t.Any], operation: str) -> None:
        made = host(module, args, listing(found()), job(operation))
        assert made.run(**SIGNED)["failed"] is False
        asked, used = made.operations
        assert asked["operation"] == "list"
        assert (asked["root"], asked["deployment"], asked["only"]) == ("D:\\Backups", "hq", SET_ID)
        assert (used["operation"], used["seal_sha256"]) == (operation, SEAL)
        assert KEY not in json.dumps(made.requests)

    @pytest.mark.parametrize(("module", "args", "operation"), USES)
    @pytest.mark.parametrize("check_mode", [True, False])
    @pytest.mark.parametrize(
        ("one", "code"),
        [
            (found(None), "signature_missing"),
            (found(None, sealed=False, seal_sha256=None), "signature_missing"),
            (found(OLD), "signing_key_unknown"),
            (found(seal_signed={**(cut(KEY) or {}), "signed_sha256": "1" * 64}), "signature_wrong"),
        ],
    )
    def test_one_that_is_not_is_refused_before_anything_of_it_is_read(
        self,
        host: Make,
        module: str,
        args: dict[str, t.Any],
        operation: str,
        check_mode: bool,
        one: dict[str, t.Any],
        code: str,
    ) -> None:
        made = host(module, args, listing(one), check_mode=check_mode)
        result = made.run(**SIGNED)
        assert (result["failed"], result["changed"], result["error"]["code"]) == (True, False, code)
        assert result["error"]["path"] == f"D:\\Backups\\hq\\{SET_ID}\\set.json"
        assert len(made.requests) == 1

    def test_one_that_is_not_there(self, host: Make) -> None:
        result = host("groupid_backup_verify", ARGS, listing()).run(**SIGNED)
        assert (result["failed"], result["error"]["code"]) == (True, "set_missing")

    @pytest.mark.parametrize(("module", "args", "operation"), USES)
    def test_without_a_key_nothing_is_asked(
        self, host: Make, module: str, args: dict[str, t.Any], operation: str
    ) -> None:
        made = host(module, args, job(operation))
        assert made.run(groupid_signing_key="", groupid_old_signing_keys=[OLD])["failed"] is False
        assert [request["seal_sha256"] for request in made.operations] == [None]

    def test_a_set_in_the_making_has_no_seal(self, host: Make) -> None:
        made = host("groupid_backup_verify", {**ARGS, "unsealed": True}, job("verify"))
        assert made.run(**SIGNED)["failed"] is False
        assert [request["seal_sha256"] for request in made.operations] == [None]

    def test_latest_is_the_newest_signed_one_and_names_what_it_passed_over(self, host: Make) -> None:
        for forged in (found(None, NEWER), found(OLD, NEWER), found(NEWER, NEWER)):
            made = host("groupid_backup_verify", ROOT, probe(forged, found()), job("verify", warnings=["Mind."]))
            result = made.run(**SIGNED)
            assert (made.operations[1]["set_id"], made.operations[1]["seal_sha256"]) == (SET_ID, SEAL)
            said, passed = result["warnings"]
            assert said == "Mind."
            assert passed.startswith(f"Set {NEWER} is not used as the latest: ")
        made = host("groupid_backup_verify", ROOT, probe(found(None, NEWER), found()), job("verify"))
        assert made.run()["warnings"] == []
        assert (made.operations[1]["set_id"], made.operations[1]["seal_sha256"]) == (NEWER, None)


def test_group_attributes_are_read_from_a_signed_set_alone(host: Make) -> None:
    domains = {"groupid_domains": [{"name": "corp.example", "username": "u@corp.example", "password": "p4ss-word"}]}
    args = {**ARGS, "domain": "corp.example", "confirm": SET_ID}
    made = host("groupid_ldif_restore", args, listing(found(None)))
    result = made.run(**SIGNED, **domains)
    assert (result["failed"], result["error"]["code"], len(made.requests)) == (True, "signature_missing", 1)
    made = host("groupid_ldif_restore", args, listing(found()), answer("get", **error("damaged")))
    result = made.run(**SIGNED, **domains)
    assert (result["error"]["code"], made.requests[1]["seal_sha256"]) == ("damaged", SEAL)


def test_links_lead_only_to_signed_sets(host: Make) -> None:
    """What is linked becomes part of a set that is signed."""
    args = {**ARGS, "link_unchanged": True, "components": ["reports"], "version": "10.0"}
    sets = listing(found(seal_sha256="1" * 64), found(None, seal_sha256="2" * 64), found(OLD, seal_sha256="3" * 64))
    made = host("groupid_backup_folder", args, sets, job("backup"))
    assert made.run(**SIGNED)["failed"] is False
    assert made.operations[1]["link_seals"] == ["1" * 64]
    for variables, more in (({}, {}), (SIGNED, {"link_unchanged": False})):
        made = host("groupid_backup_folder", {**args, **more}, job("backup"))
        assert made.run(**variables)["failed"] is False
        assert made.operations[0]["link_seals"] is None
