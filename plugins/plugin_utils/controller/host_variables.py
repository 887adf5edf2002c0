# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``hostvars`` as `run_state` reads them: what tasks registered as it is, and a user's variables resolved."""

from __future__ import annotations

import collections.abc as c
import typing as t

REGISTERED = "__groupid_"


class HostVariables(c.Mapping[str, c.Mapping[str, t.Any]]):
    """Variables by inventory host.

    What tasks registered has no templates: a host's answer must not be read as one, and it is not resolved in vain.
    """

    def __init__(self, hostvars: t.Any) -> None:
        """hostvars: Ansible's."""
        self._hostvars = hostvars

    def __getitem__(self, host: str) -> c.Mapping[str, t.Any]:
        return _Variables(self._hostvars, host)

    def __contains__(self, host: object) -> bool:
        return host in self._hostvars

    def __iter__(self) -> c.Iterator[str]:
        return iter(self._hostvars)

    def __len__(self) -> int:
        return len(self._hostvars)


class _Variables(c.Mapping[str, t.Any]):
    def __init__(self, hostvars: t.Any, host: str) -> None:
        self._hostvars = hostvars
        self._host = host
        self._raw: c.Mapping[str, t.Any] = hostvars.raw_get(host)

    def __getitem__(self, name: str) -> t.Any:
        return self._raw[name] if name.startswith(REGISTERED) else self._hostvars[self._host][name]

    def __contains__(self, name: object) -> bool:
        return name in self._raw

    def __iter__(self) -> c.Iterator[str]:
        return iter(self._raw)

    def __len__(self) -> int:
        return len(self._raw)
