# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""With a signing key, what others made or changed is refused by name, and only a signed set leaves an open root."""

from __future__ import annotations

import collections.abc as c
import contextlib
import datetime
import hashlib
import json
import pathlib
import shutil
import typing as t

import pytest
from integration import sets
from integration.controller import Controller

from ansible_collections.identityops.groupid.plugins.module_utils import backup_set, signature
from lab import inventory
from lab.lab import Lab

KEY = "Integrati0n-signing-key-0123456789abcdef"
OTHER = "An0ther-signing-key-0123456789abcdef"
PREPARED = "20260101T000000Z"
NO_KEY = {"groupid_signing_key": ""}


@pytest.fixture(scope="module")
def controller(one_server: Lab, tmp_path_factory: pytest.TempPathFactory) -> Controller:
    """A controller whose inventory has the key, and allows the root, which everybody can write."""
    controller = Controller(one_server, tmp_path_factory.mktemp("controller"))
    variables = {"groupid_signing_key": KEY, "groupid_allow_open_roots": [inventory.LOCAL_ROOT]}
    controller.inventory = controller.write_inventory(edit=lambda document: document["all"]["vars"].update(variables))
    return controller


@pytest.fixture(scope="module")
def root(one_server: Lab) -> pathlib.Path:
    root = one_server.path("web01", inventory.LOCAL_ROOT)
    root.mkdir(parents=True, exist_ok=True)
    root.chmod(0o777)
    return root


@pytest.fixture(scope="module")
def set_id(controller: Controller, root: pathlib.Path) -> str:
    """A set that a backup has signed, while an unsigned document of an earlier run waited for its seal."""
    part = {"server": "web01", "part_sha256": "ab" * 32, "state": "complete", "machine_guid": "", "version": "10.0"}
    part |= {"files": 1, "bytes": 1, "epoch": PREPARED, "finished": "2026-01-01T00:00:00.0000000Z"}
    planted = root / "hq" / PREPARED / "set.prepared.json"
    planted.parent.mkdir(parents=True, mode=0o700)
    planted.write_text(backup_set.seal_document("hq", PREPARED, "web01", [part]).text)
    run = controller.play("backup", "-vvvvv").succeeded()
    assert f"The seal of set {PREPARED} of deployment hq is not finished" in " ".join(run.output.split())
    assert KEY not in run.output
    assert not any(KEY.encode() in file.read_bytes() for file in root.rglob("*") if file.is_file())
    [set_id] = sets.sealed(root, "hq")
    return set_id


def forge(root: pathlib.Path, set_id: str, key: str | None) -> str:
    """Make a newer set of another one that agrees with itself, as somebody without the key can. Give its id."""
    moment = backup_set.SetId.parse(set_id).moment + datetime.timedelta(minutes=1 if key is None else 2)
    newer = str(backup_set.SetId(moment))
    folder = shutil.copytree(root / "hq" / set_id, root / "hq" / newer)
    part = folder / "web01" / "part.json"
    part.write_text(part.read_text().replace(set_id, newer))
    seal = json.loads((folder / "set.json").read_text().replace(set_id, newer))
    del seal["signature"]
    seal["parts"][0]["part_sha256"] = hashlib.sha256(part.read_bytes()).hexdigest()
    text = json.dumps(seal, indent=2, sort_keys=True) + "\n"
    (folder / "set.prepared.json").unlink()
    (folder / "set.json").write_text(text if key is None else signature.signed(text, key))
    return newer


@contextlib.contextmanager
def changed(file: pathlib.Path, change: c.Callable[[str], str]) -> c.Iterator[None]:
    before = file.read_text()
    assert change(before) != before
    file.write_text(change(before))
    yield
    file.write_text(before)


def test_every_change_is_refused_by_name(
    controller: Controller, one_server: Lab, root: pathlib.Path, set_id: str
) -> None:
    asked = {"backup_root": inventory.LOCAL_ROOT, "deployment": "hq", "set_id": set_id}
    source = sets.tree_hash(one_server.path("web01", r"C:\ProgramData\Imanami"))
    folder = root / "hq" / set_id

    def verified() -> dict[str, t.Any]:
        return controller.module("web01", "groupid_backup_verify", asked)

    def restored() -> dict[str, t.Any]:
        options = {"allow_open_roots": [inventory.LOCAL_ROOT], "policy": "mirror"}
        return controller.module("web01", "groupid_restore_folder", {**asked, **options})

    assert verified()["failed"] is False
    seal, part = folder / "set.json", folder / "web01"
    for file, change, code in (
        (seal, lambda text: text.replace('"value": "', '"value": "0')[:-1], "signature_wrong"),
        (seal, lambda text: text.replace('"quiesced": true', '"quiesced": false'), "signature_wrong"),
        (seal, lambda text: text[: text.index(',\n  "signature"')] + "\n}\n", "signature_missing"),
        (part / "part.json", lambda text: text.replace('"partial"', '"copied"') + " ", "damaged"),
        (part / "manifest.sha256", lambda text: "0" + text[1:] if text[0] != "0" else "1" + text[1:], "damaged"),
    ):
        with changed(file, change):
            for result in (verified(), restored()):
                assert (result["failed"], result["error"]["code"]) == (True, code), result
                assert set_id in str(result["error"]["path"]), result
    assert sets.tree_hash(one_server.path("web01", r"C:\ProgramData\Imanami")) == source
    assert restored()["failed"] is False


def test_a_forged_newer_set_is_passed_over_and_never_restored(
    controller: Controller, one_server: Lab, root: pathlib.Path, set_id: str
) -> None:
    unsigned, foreign = forge(root, set_id, None), forge(root, set_id, OTHER)
    run = controller.play("verify").succeeded()
    said = " ".join(run.output.split())
    assert f"hq: set {set_id}" in said
    for forged in (unsigned, foreign):
        assert f"Set {forged} is not used as the latest" in said
    listed = controller.play("list").succeeded()
    rows = {line.split()[0]: line for line in listed.output.splitlines() if line[:2] == "20"}
    assert [rows[one].count(word) for one, word in ((set_id, " signed"), (unsigned, "unsigned"))] == [1, 1]
    assert "other key" in rows[foreign]

    source = one_server.path("web01", r"C:\ProgramData\Imanami\GroupID 10.0\Reports")
    [file, *_others] = sorted(path for path in source.rglob("*") if path.is_file())
    saved = file.read_bytes()
    file.write_bytes(b"changed since")

    def restore(which: str, *options: str, **extra: t.Any) -> t.Any:
        named = {"groupid_set_id": which, "groupid_restore_confirm": f"hq/{which}", "groupid_deployments": "hq"}
        return controller.play("restore", *options, extra={**named, **extra})

    restore(unsigned, "--check").failed(f"hq\\{unsigned}\\set.json", "groupid_signing_key is given")
    restore(foreign).failed(f"hq\\{foreign}\\set.json", signature.key_id(OTHER))
    restore(set_id, **NO_KEY).failed("the backup root can be changed by Everyone", "groupid_signing_key")
    assert file.read_bytes() == b"changed since"
    restore(set_id).succeeded()
    assert file.read_bytes() == saved
