# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A signature says which key made it, belongs to one document, and is judged by the given keys alone."""

from __future__ import annotations

import hashlib
import json
import typing as t

import pytest

from ansible_collections.identityops.groupid.plugins.module_utils import signature

KEY = "a key for tests, and for nothing else: 0123456789"
OLD, OTHER = KEY.upper(), KEY[::-1]
DOCUMENT = json.dumps({"deployment": "hq", "parts": [], "set_id": "20260101T000000Z"}, indent=2) + "\n"


def cut(text: str) -> dict[str, str]:
    """What the agent tells of a signed document."""
    member = json.loads(text)["signature"]
    body = text[: text.rindex(',\n  "signature": {')] + "\n}\n"
    digest = hashlib.sha256(body.encode()).hexdigest()
    return {"key_id": member["key_id"], "value": member["value"], "signed_sha256": digest}


def state(found: dict[str, t.Any] | None, *keys: str) -> str | None:
    verdict: signature.Verdict | None = signature.judged({"seal_signed": found}, keys)["signature"]
    assert signature.judged({"prepared_signed": found}, keys)["prepared_signature"] == verdict
    return verdict and verdict["state"]


class TestSigning:
    def test_it_is_the_last_member_and_changes_no_other_byte(self) -> None:
        text = signature.signed(DOCUMENT, KEY)
        assert text.startswith(DOCUMENT[: -len("\n}\n")] + ',\n  "signature": {\n    "algorithm": "hmac-sha256",\n')
        assert text == json.dumps(json.loads(text), indent=2) + "\n"
        assert hashlib.sha256(DOCUMENT.encode()).hexdigest() == cut(text)["signed_sha256"]

    def test_it_is_the_same_each_time_and_no_key_is_in_it(self) -> None:
        assert signature.signed(DOCUMENT, KEY) == signature.signed(DOCUMENT, KEY)
        assert KEY not in signature.signed(DOCUMENT, KEY)

    def test_a_key_is_any_text(self) -> None:
        assert state(cut(signature.signed(DOCUMENT, "Schl\u00fcssel" * 5)), "Schl\u00fcssel" * 5) == "valid"

    def test_what_is_no_document_is_not_signed(self) -> None:
        with pytest.raises(ValueError, match="does not end"):
            signature.signed("{}", KEY)

    def test_the_id_of_a_key_is_no_signature(self) -> None:
        found = cut(signature.signed(DOCUMENT, KEY))
        assert signature.key_id(KEY) != signature.key_id(OTHER)
        assert found["key_id"] == signature.key_id(KEY)
        assert not found["value"].startswith(found["key_id"])


class TestJudging:
    FOUND = cut(signature.signed(DOCUMENT, KEY))

    @pytest.mark.parametrize(
        ("keys", "expected"),
        [
            ((KEY,), "valid"),
            ((OTHER, KEY), "valid"),
            ((OTHER,), "other_key"),
            ((OTHER, OLD), "other_key"),
            ((), "unchecked"),
        ],
    )
    def test_by_the_given_keys(self, keys: tuple[str, ...], expected: str) -> None:
        assert state(self.FOUND, *keys) == expected

    def test_nothing_is_missing_while_no_key_is_given(self) -> None:
        assert state(None) is None
        assert state(None, KEY) == "missing"

    @pytest.mark.parametrize(
        "changed",
        [
            {"value": "0" * 64},
            {"value": FOUND["value"].upper()},
            {"value": "\u00e9\ud800"},
            {"value": None},
            {"signed_sha256": "0" * 64},
            {"signed_sha256": None},
            {"key_id": None},
            {"key_id": None, "value": None, "signed_sha256": None},
            {"key_id": f"{FOUND['key_id']}\n"},
            {"key_id": "\x1b[31m"},
        ],
    )
    def test_what_is_changed_is_wrong(self, changed: dict[str, t.Any]) -> None:
        assert state({**self.FOUND, **changed}, KEY) == "wrong"

    def test_another_keys_id_does_not_make_it_valid(self) -> None:
        assert state({**self.FOUND, "key_id": signature.key_id(OTHER)}, OTHER) == "wrong"
        assert state({**self.FOUND, "key_id": signature.key_id(OTHER)}, KEY) == "other_key"

    def test_no_key_id_from_a_disk_is_shown_as_it_is(self) -> None:
        verdict = signature.judged({"seal_signed": {**self.FOUND, "key_id": "\x1b[31m"}}, (KEY,))["signature"]
        assert verdict["key_id"] is None

    def test_the_rest_of_the_set_stays(self) -> None:
        listed = {"set_id": "x", "seal_signed": self.FOUND, "prepared_signed": None}
        assert signature.judged(listed, ()) == {
            "set_id": "x",
            "signature": {"state": "unchecked", "key_id": signature.key_id(KEY), "given": []},
            "prepared_signature": None,
        }


class TestRefusing:
    @pytest.mark.parametrize(
        ("found", "keys", "code", "words"),
        [
            (None, (KEY,), "signature_missing", "-e groupid_signing_key="),
            (TestJudging.FOUND, (OTHER, OLD), "signing_key_unknown", signature.key_id(OLD)),
            ({**TestJudging.FOUND, "value": "0" * 64}, (KEY,), "signature_wrong", "Do not use this set"),
        ],
    )
    def test_what_where_why_and_what_to_do(
        self, found: dict[str, str] | None, keys: tuple[str, ...], code: str, words: str
    ) -> None:
        verdict = signature.judged({"seal_signed": found}, keys)["signature"]
        failure = signature.refusal("The restore was not started", "D:\\Backups\\hq\\x", verdict)
        assert not signature.accepted(verdict)
        assert (failure.code, failure.path) == (code, "D:\\Backups\\hq\\x\\set.json")
        assert words in str(failure)
        assert failure.cause == signature.cause(verdict)
        assert not any(key in str(failure) for key in keys)

    @pytest.mark.parametrize(("found", "keys"), [(TestJudging.FOUND, (KEY,)), (TestJudging.FOUND, ()), (None, ())])
    def test_what_may_be_used(self, found: dict[str, str] | None, keys: tuple[str, ...]) -> None:
        verdict = signature.judged({"seal_signed": found}, keys)["signature"]
        assert signature.accepted(verdict)
        assert signature.is_valid(verdict) == bool(keys)
