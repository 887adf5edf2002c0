# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The secrets that a task can see, and their removal from its output.

``no_log`` of an argument hides nothing that an action plugin returns, and the agent repeats texts of the system. So
every result and message passes through here.
"""

from __future__ import annotations

import base64
import collections.abc as c
import contextlib
import json
import re
import typing as t

MASK = "********"
SHORTEST_FRAGMENT = 4  # characters; anything shorter would be found in other text

# Names end with what they contain: sql_password is a secret, password_center_user and password_file are not.
_SECRET_NAME = re.compile(
    r"(?:password|passwd|passphrase|secret|(?:^|_)(?:pass|pwd|token|credential)|(?:private|signing|secret|access|api)_?key)s?$",
    re.IGNORECASE,
)
# They contain other hosts' variables, repeat this host's, or name all hosts of a run.
_NOT_OF_THIS_TASK = frozenset(
    {
        "hostvars",
        "vars",
        "groups",
        "ansible_delegated_vars",
        "ansible_play_hosts_all",
        "ansible_play_hosts",
        "ansible_play_batch",
        "play_hosts",
    }
)
# What this collection's own tasks have registered is masked. Some of it is about all hosts of a run.
_REGISTERED = "__groupid_"


def collect_secrets(
    variables: c.Mapping[str, t.Any],
    template: c.Callable[[t.Any], t.Any],
    options: c.Mapping[str, t.Any],
) -> Secrets:
    """Find every secret of a task.

    variables: the task's variables as Ansible gives them to an action, templates unresolved.
    template: resolves a template; what it cannot resolve is used as it is written.
    options: the connection's options, resolved; their names show secrets as variables' names do.
    """
    found = {str(leaf) for leaf in _leaves(options, secret=False)}
    own = {
        name: value
        for name, value in variables.items()
        if name not in _NOT_OF_THIS_TASK and not name.startswith(_REGISTERED)
    }
    for leaf in _leaves(own, secret=False):
        found.update(_resolve(leaf, template))
    return Secrets(found)


def _resolve(leaf: t.Any, template: c.Callable[[t.Any], t.Any]) -> list[str]:
    """Return the texts of a secret: one, or more if its template returns a list or a mapping."""
    # Undefined variables, lookups, vaults without their password: a template may raise anything.
    with contextlib.suppress(Exception):
        return [str(value) for value in _leaves(template(leaf), secret=True)]
    with contextlib.suppress(Exception):
        return [str(leaf)]
    return []


def _leaves(value: t.Any, *, secret: bool) -> c.Iterator[t.Any]:
    """Walk nested data, and return the scalars that are secret because of a name above them or a vault."""
    if isinstance(value, c.Mapping):
        for name, item in value.items():
            yield from _leaves(item, secret=secret or bool(_SECRET_NAME.search(str(name))))
    elif _is_vaulted(value):
        yield value
    elif isinstance(value, (list, tuple, set, frozenset)):
        for item in value:
            yield from _leaves(item, secret=secret)
    elif secret and isinstance(value, (str, int)) and not isinstance(value, bool):
        yield value


def _is_vaulted(value: object) -> bool:
    """Whether the value is an inline vault value: of ansible-core up to 2.18, or later."""
    return hasattr(value, "__ENCRYPTED__") or type(value).__name__ == "EncryptedString"


class Secrets:
    """Texts that must not be seen."""

    def __init__(self, secrets: c.Iterable[str]) -> None:
        self._whole = {text for secret in secrets for text in (secret, secret.strip()) if text}
        fragments = {form for text in self._whole if len(text) >= SHORTEST_FRAGMENT for form in _forms(text)}
        self._pattern = re.compile("|".join(sorted(map(re.escape, fragments), key=len, reverse=True)) or r"(?!)")

    def scrub(self, value: t.Any) -> t.Any:
        """Return the value with every secret masked: in strings, at any depth, names of mappings included.

        A secret is found as it is, escaped for JSON or by Python, and each of these in base64 of its UTF-8 or UTF-16
        bytes, wherever it begins within the encoded text. A secret of less than four characters is masked only if it is
        the whole string.
        """
        if isinstance(value, str):
            return self._scrub_text(value)
        if isinstance(value, c.Mapping):
            return {self.scrub(name): self.scrub(item) for name, item in value.items()}
        if isinstance(value, (list, tuple)):
            return type(value)(self.scrub(item) for item in value)
        return value

    def _scrub_text(self, text: str) -> str:
        if text in self._whole:
            return MASK
        return self._pattern.sub(MASK, text)


def _forms(text: str) -> c.Iterator[str]:
    """Yield every spelling in which a secret may appear in output."""
    quoted = repr(text + "'\"")[1:-4]  # which quotes Python escapes depends on the text around them
    spellings = {text, quoted, quoted.replace("\\'", "'")}
    spellings.update(json.dumps(text, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False))
    for spelling in spellings:
        yield spelling
        for encoding in ("utf-8", "utf-16-le"):
            yield from _base64_forms(spelling.encode(encoding, errors="surrogatepass"))


def _base64_forms(data: bytes) -> c.Iterator[str]:
    """Yield the base64 text that depends only on the data, for each offset at which the data can begin."""
    for shift in range(3):
        # Of the first and the last character, some bits may belong to the text around the secret.
        encoded = base64.b64encode(bytes(shift) + data).decode("ascii")
        fragment = encoded[(shift * 8 + 5) // 6 : (shift + len(data)) * 8 // 6]
        if len(fragment) >= SHORTEST_FRAGMENT:
            yield fragment
