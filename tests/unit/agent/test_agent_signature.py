# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A signed seal stands for each of its bytes, and what was checked on the controller is what the agent uses."""

from __future__ import annotations

import collections.abc as c
import datetime
import hashlib
import json
import pathlib
import random
import typing as t

import pytest

from ansible_collections.identityops.groupid.plugins.module_utils import backup_set, signature

SET_ID = "20260101T000000Z"
KEY, OTHER = "k" * 32, "o" * 32
FILE = {"part": "web01", "component": "data", "name": "a.txt"}
LIMIT = 1000
"""Sets in one list."""


def code(answer: dict[str, t.Any]) -> str:
    return str(answer["error"]["code"]) if answer["failed"] else "none"


def document(answer: c.Mapping[str, t.Any], key: str | None = KEY, set_id: str = SET_ID) -> str:
    """The seal of a set with this one part, signed if there is a key."""
    text = backup_set.seal_document("hq", set_id, "web01", [answer]).text
    return signature.signed(text, key) if key else text


def seal(host: t.Any, text: str) -> str:
    """Seal the set, and give the digest of the seal."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    assert code(host.call("seal", phase="prepared", document=text)) == "none"
    assert code(host.call("seal", phase="sealed", document_sha256=digest)) == "none"
    return digest


def listed(host: t.Any, *keys: str) -> dict[str, signature.Verdict | None]:
    """The verdict about the seal of each set."""
    found = [signature.judged(one, keys) for one in host.call("list")["sets"]]
    return {one["set_id"]: one["signature"] for one in found}


@pytest.fixture
def made(host: t.Any) -> dict[str, t.Any]:
    """The answer of a backup."""
    host.write(a="first", b="second")
    answer: dict[str, t.Any] = host.backup()
    assert answer["state"] == "complete"
    return answer


class TestTelling:
    def test_both_documents_tell_it(self, host: t.Any, made: dict[str, t.Any]) -> None:
        seal(host, document(made))
        [found] = host.call("list")["sets"]
        assert found["sealed"]
        for name in ("signature", "prepared_signature"):
            assert signature.judged(found, [KEY])[name]["state"] == "valid"
            assert signature.judged(found, [OTHER])[name]["state"] == "other_key"
        assert found["seal_signed"]["signed_sha256"] == hashlib.sha256(document(made, None).encode()).hexdigest()

    def test_a_seal_without_one(self, host: t.Any, made: dict[str, t.Any]) -> None:
        seal(host, document(made, None))
        [found] = host.call("list")["sets"]
        assert (found["seal_signed"], found["prepared_signed"]) == (None, None)

    def test_one_set_alone(self, host: t.Any, made: dict[str, t.Any]) -> None:
        (host.root / "hq" / "20260102T000000Z").mkdir()
        assert [one["set_id"] for one in host.call("list", only=SET_ID)["sets"]] == [SET_ID]
        assert host.call("list", only="20260103T000000Z")["sets"] == []
        assert code(host.call("list", only="../x")) == "bad_request"


class Forgery:
    """Many sets in one root, each with a seal that somebody has changed."""

    def __init__(self, host: t.Any, answer: dict[str, t.Any]) -> None:
        self._host = host
        self._answer = answer
        self._begin = datetime.datetime(2026, 2, 1, tzinfo=datetime.timezone.utc)
        self.places: list[pathlib.Path] = []

    def add(self, change: c.Callable[[bytes], bytes], key: str | None = KEY) -> str:
        """Add a set whose signed seal is changed, and give its id."""
        moment = self._begin + datetime.timedelta(seconds=len(self.places))
        set_id = str(backup_set.SetId(moment))
        text = document({**self._answer, "epoch": set_id}, key, set_id).encode()
        folder = self._host.root / "hq" / set_id
        folder.mkdir()
        (folder / "set.json").write_bytes(change(text))
        self.places.append(folder)
        return set_id


@pytest.fixture
def forgery(host: t.Any, made: dict[str, t.Any]) -> Forgery:
    return Forgery(host, made)


def one_byte(position: int, random_: random.Random) -> c.Callable[[bytes], bytes]:
    def change(text: bytes) -> bytes:
        other = random_.choice([byte for byte in b'0a" \n{}e\xff' if byte != text[position]])
        return text[:position] + bytes([other]) + text[position + 1 :]

    return change


def members_changed(text: bytes) -> c.Iterator[bytes]:
    """Seals with another value of one member, without it, and with one more, each as it would be written."""
    read = json.loads(text)
    for name, value in read.items():
        others = [not value] if isinstance(value, bool) else [value * 2, value] if isinstance(value, list) else ["x", 2]
        for other in others:
            if other != value:
                yield (json.dumps({**read, name: other}, indent=2) + "\n").encode()
        yield (json.dumps({other: read[other] for other in read if other != name}, indent=2) + "\n").encode()
        yield (json.dumps({f"{name}2": 1, **read}, indent=2) + "\n").encode()


class TestAnyChange:
    def test_of_one_byte_anywhere(self, host: t.Any, made: dict[str, t.Any], forgery: Forgery) -> None:
        length, random_ = len(document(made)), random.Random(8)
        assert length <= LIMIT - 2
        changed = [forgery.add(one_byte(position, random_)) for position in range(length)]
        sound = forgery.add(bytes)
        found = listed(host, KEY)
        assert signature.is_valid(found[sound])
        assert [set_id for set_id in changed if signature.accepted(found[set_id])] == []

    def test_of_a_member_or_of_the_form(self, host: t.Any, made: dict[str, t.Any], forgery: Forgery) -> None:
        count = len(list(members_changed(document(made).encode())))
        changed = [forgery.add(lambda text, n=n: list(members_changed(text))[n]) for n in range(count)]
        changed += [
            forgery.add(change)
            for change in (
                lambda text: text + b"\n",
                lambda text: b"\xef\xbb\xbf" + text,
                lambda text: text.replace(b"\n", b"\r\n"),
                lambda text: text.replace(b": ", b":"),
                lambda text: text[:-1],
                lambda text: json.dumps(json.loads(text), sort_keys=True).encode(),
                lambda text: text.replace(b'"hmac-sha256"', b'"none"'),
                lambda text: text.replace(b'"signature"', b'"Signature"'),
                lambda text: text.replace(b'"value": "', b'"value": "0'),
            )
        ]
        sound = forgery.add(bytes)
        found = listed(host, KEY)
        assert signature.is_valid(found[sound])
        assert [set_id for set_id in changed if signature.accepted(found[set_id])] == []

    def test_the_signature_of_another_set_is_wrong(self, host: t.Any, made: dict[str, t.Any], forgery: Forgery) -> None:
        seal(host, document(made))
        other = document(made)[-250:].rpartition(',\n  "signature"')[2].encode()
        stolen = forgery.add(lambda text: text.rpartition(b',\n  "signature"')[0] + b',\n  "signature"' + other)
        unsigned, foreign = forgery.add(bytes, None), forgery.add(bytes, OTHER)
        found = listed(host, KEY)
        assert {set_id: verdict and verdict["state"] for set_id, verdict in found.items()} == {
            SET_ID: "valid",
            stolen: "wrong",
            unsigned: "missing",
            foreign: "other_key",
        }


class TestCheckedIsUsed:
    """The seal, part.json, the lists and the files are one chain, and its first link is the digest in the request."""

    def uses(self, host: t.Any, digest: str) -> dict[str, str]:
        host.write(a="changed since")
        calls: dict[str, dict[str, t.Any]] = {
            "restore": host.restore(check=True, unsealed=False, seal_sha256=digest),
            "get": host.call("get", **FILE, seal_sha256=digest),
            "verify": host.call("verify", seal_sha256=digest),
        }
        return {name: code(answer) for name, answer in calls.items()}

    def test_the_seal_that_was_checked(self, host: t.Any, made: dict[str, t.Any]) -> None:
        digest = seal(host, document(made))
        assert self.uses(host, digest) == dict.fromkeys(("restore", "get", "verify"), "none")
        assert code(host.call("verify", seal_sha256="x")) == "bad_request"

    @pytest.mark.parametrize("swapped", ["another", "none", "damaged"])
    def test_a_seal_that_takes_its_place(self, host: t.Any, made: dict[str, t.Any], swapped: str) -> None:
        digest = seal(host, document(made))
        place = host.part().parent / "set.json"
        texts = {"another": document(made, OTHER), "damaged": "{}"}
        place.unlink()
        if swapped in texts:
            place.write_text(texts[swapped])
        assert self.uses(host, digest) == dict.fromkeys(("restore", "get", "verify"), "seal_differs")
        answer = host.restore(seal_sha256=digest)
        assert (code(answer), answer["error"]["path"]) == ("seal_differs", str(place))
        assert (host.source / "a.txt").read_text() == "changed since"

    def test_a_part_that_takes_the_place_of_the_sealed_one(self, host: t.Any, made: dict[str, t.Any]) -> None:
        digest = seal(host, document(made))
        part = host.part()
        (part / "data" / "a.txt").write_text("forged")
        manifest = part / "manifest.sha256"
        old, new = (hashlib.sha256(text.encode()).hexdigest() for text in ("first", "forged"))
        manifest.write_text(manifest.read_text().replace(old, new))
        files = part / "files.jsonl"
        files.write_text(files.read_text().replace('"size":5', '"size":6'))
        host.record()
        assert self.uses(host, digest) == dict.fromkeys(("restore", "get", "verify"), "damaged")


class TestOpenRoots:
    """A restore takes files from a root that others can change only with a seal that was checked, and no database."""

    @pytest.fixture
    def digest(self, host: t.Any, made: dict[str, t.Any]) -> str:
        digest = seal(host, document(made))
        host.root.chmod(0o777)
        return digest

    def test_the_waiver_alone_is_not_enough(self, host: t.Any, digest: str) -> None:
        named = [str(host.root)]
        for answer in (
            host.restore(check=True, allow_open_roots=named),
            host.restore(allow_open_roots=named),
            host.restore(seal_sha256=digest),
            host.call("get", **FILE, allow_open_roots=named),
        ):
            assert (code(answer), answer["error"]["path"]) == ("root_open", str(host.root))
            assert "groupid_allow_open_roots and set groupid_signing_key" in answer["error"]["next"]

    def test_both_together_are(self, host: t.Any, digest: str) -> None:
        named = {"allow_open_roots": [str(host.root)], "seal_sha256": digest}
        host.write(a="changed since")
        answer = host.restore(**named)
        assert (code(answer), answer["replaced"]) == ("none", 1)
        assert answer["warnings"] == [f"{host.root} can be changed by Everyone: this was allowed by name."]
        assert code(host.call("get", **FILE, **named)) == "none"

    def test_what_another_program_reads_is_never_taken(self, host: t.Any, digest: str) -> None:
        named = {"allow_open_roots": [str(host.root)], "seal_sha256": digest}
        assert code(host.call("verify", **named)) == "none"
        answer = host.call("verify", for_restore=True, **named)
        assert (code(answer), answer["error"]["path"]) == ("root_open", str(host.root))
        assert "groupid_allow_open_roots" not in answer["error"]["next"]
        host.root.chmod(0o700)
        assert code(host.call("verify", for_restore=True, **named)) == "none"


def test_links_only_to_seals_that_were_checked(host: t.Any, made: dict[str, t.Any]) -> None:
    digest = seal(host, document(made))
    later = {"set_id": "20260102T000000Z", "link_unchanged": True, "check": True}
    linked = {
        name: host.backup(**later, **members)["link_sets"]
        for name, members in {"any": {}, "this": {"link_seals": [digest]}, "none": {"link_seals": []}}.items()
    }
    assert linked == {"any": [SET_ID], "this": [SET_ID], "none": []}
