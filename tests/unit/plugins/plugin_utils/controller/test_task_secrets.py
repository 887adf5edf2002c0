# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What counts as a secret, and that none gets through."""

from __future__ import annotations

import base64
import json
import typing as t

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from ansible_collections.identityops.groupid.plugins.plugin_utils.controller.task_secrets import (
    MASK,
    Secrets,
    collect_secrets,
)

# No character of the mask itself, and none of the letters of the text around.
SECRET = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="*. "), min_size=4, max_size=40)


def mask_of(variables: dict[str, t.Any], value: t.Any, **options: t.Any) -> t.Any:
    return collect_secrets(variables, lambda leaf: leaf, options).scrub(value)


@pytest.mark.parametrize(
    "name",
    [
        "ansible_password",
        "ansible_winrm_password",
        "ansible_become_pass",
        "ansible_become_password",
        "groupid_network_password",
        "groupid_signing_key",
        "groupid_sql_passwd",
        "api_token",
        "client_secret",
        "privateKey",
        "vault_passphrase",
        "db_pwd",
        "credentials",
    ],
)
def test_name_that_means_a_secret(name: str) -> None:
    assert mask_of({name: "hunter2222"}, "is hunter2222.") == f"is {MASK}."
    assert mask_of({}, "is hunter2222.", **{name: "hunter2222"}) == f"is {MASK}."


@pytest.mark.parametrize(
    "name",
    ["password_center_user", "ansible_ssh_private_key_file", "token_count", "bypass", "inventory_hostname", "vars"],
)
def test_name_that_means_none(name: str) -> None:
    assert mask_of({name: "D:\\Portals"}, "D:\\Portals") == "D:\\Portals"


def test_components_named_after_passwords_keep_their_paths() -> None:
    paths = {"password_center_user": "D:\\Portals", "password_exceptions": "D:\\Lists"}
    assert mask_of({"groupid_component_paths": paths}, paths) == paths


def test_nested_secrets() -> None:
    variables = {
        "groupid_domains": [{"name": "corp.example", "password": "hunter2222"}],
        "passwords": {"sa": ["swordfish"]},
    }
    assert mask_of(variables, ["corp.example", "hunter2222", "swordfish"]) == ["corp.example", MASK, MASK]


def test_number_and_switch() -> None:
    assert mask_of({"pin_secret": 271828, "ask_password": True}, ["271828", 271828, "True"]) == [MASK, 271828, "True"]


def test_template_that_fails_leaves_the_text() -> None:
    def undefined(leaf: t.Any) -> t.Any:
        raise RuntimeError(leaf)

    assert collect_secrets({"a_password": "hunter2222"}, undefined, {}).scrub("hunter2222!") == f"{MASK}!"


def test_template_that_gives_data() -> None:
    secrets = collect_secrets({"a_password": "{{ all }}"}, lambda leaf: {"x": ["hunter2222", "swordfish"]}, {})
    assert secrets.scrub("hunter2222 swordfish") == f"{MASK} {MASK}"


def test_option_is_not_taken_for_a_template() -> None:
    secrets = collect_secrets({}, lambda leaf: "rendered", {"remote_password": "{{ x }}"})
    assert secrets.scrub("{{ x }} rendered") == f"{MASK} rendered"


def test_short_secret_only_as_the_whole_string() -> None:
    assert mask_of({"a_password": "abc"}, {"abc": "abc", "x": "abcd"}) == {MASK: MASK, "x": "abcd"}


def test_empty_secret_masks_nothing() -> None:
    assert mask_of({"a_password": "", "b_password": None}, ["", "text", None]) == ["", "text", None]


def test_secret_read_with_its_newline() -> None:
    assert mask_of({"a_password": "hunter2222\n"}, "is hunter2222.") == f"is {MASK}."


def test_longer_secret_wins() -> None:
    assert Secrets(["hunter", "hunter2222"]).scrub("hunter2222 hunter") == f"{MASK} {MASK}"


def test_other_values_stay_as_they_are() -> None:
    value = {"n": 1, "f": 1.5, "b": True, "none": None, "list": [1, "a"], "tuple": ("a",)}
    assert Secrets(["hunter2222"]).scrub(value) == value


@given(SECRET, st.binary(max_size=7), st.binary(max_size=7))
@example('pä"\\ss\nword', b"user:", b"")
def test_no_spelling_gets_through(secret: str, before: bytes, after: bytes) -> None:
    assume(secret.strip() == secret)
    secrets = Secrets([secret])
    escaped = json.dumps(secret)[1:-1]
    for spelling in (secret, escaped, json.dumps(secret, ensure_ascii=False)[1:-1]):
        assert spelling not in secrets.scrub({f". {spelling} .": [f". {spelling} ."]})
        assert spelling not in secrets.scrub(f". {spelling} .")
    for shown in (f"{secret}", f"'{secret}", f'"{secret}', f"'\"{secret}"):
        assert repr(secret)[1:-1] not in secrets.scrub(repr(shown))
        assert repr(shown)[-len(secret) - 1 : -1] not in secrets.scrub(repr(shown))
    for encoding in ("utf-8", "utf-16-le"):
        data = secret.encode(encoding)
        scrubbed = secrets.scrub(base64.b64encode(before + data + after).decode())
        assert MASK in scrubbed
        # What is left belongs to the neighbours, or is a character that carries bits of both.
        assert len(scrubbed.replace(MASK, "")) <= (len(before) + len(after)) * 8 // 6 + 8


def test_request_that_is_echoed_as_it_was_sent() -> None:
    """A request goes to the host as base64 of JSON, in which quotes, backslashes and umlauts are escaped."""
    secret = 'Pä"ss\\word'
    sent = base64.b64encode(json.dumps({"network": {"username": "CORP\\svc", "password": secret}}).encode()).decode()
    scrubbed = Secrets([secret]).scrub(f"stdin: {sent}")
    before, mask, after = scrubbed.removeprefix("stdin: ").partition(MASK)
    assert mask == MASK
    assert base64.b64decode(before + "==").endswith(b'"password": "')
    assert len(after) <= 8  # what closes the JSON


def test_inline_vault_value_is_a_secret_whatever_its_name() -> None:
    vaulted = _vaulted("hunter2222")
    assert mask_of({"harmless": [vaulted]}, "is hunter2222.") == f"is {MASK}."


def _vaulted(text: str) -> t.Any:
    """Return an inline vault value as this ansible-core makes them."""
    from ansible.parsing.vault import VaultLib, VaultSecret

    vault = VaultLib([("default", VaultSecret(b"vault password"))])
    ciphertext = vault.encrypt(text)
    try:
        from ansible.parsing.vault import EncryptedString, VaultSecretsContext
    except ImportError:
        from ansible.parsing.yaml.objects import AnsibleVaultEncryptedUnicode

        value = AnsibleVaultEncryptedUnicode(ciphertext)
        value.vault = vault
        return value
    if VaultSecretsContext.current(optional=True) is None:
        VaultSecretsContext.initialize(VaultSecretsContext(vault.secrets))
    return EncryptedString(ciphertext=ciphertext.decode())
