# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``hostvars`` as `run_state` reads them: the results of tasks unchanged, and the user's variables resolved."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.run_state import Hosts

REGISTERED = "__groupid_"


class HostVariables(Hosts):
    """Variables by inventory host, of Ansible's ``hostvars``.

    What tasks registered has no templates. A host's answer must not be read as one, and resolving it takes time.
    """

    def __getitem__(self, host: str) -> c.Mapping[str, t.Any]:
        return _Variables(self._hostvars, host)


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
