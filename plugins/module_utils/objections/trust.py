# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a set, or its backup root, is not trusted."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import signature
from ansible_collections.identityops.groupid.plugins.module_utils.deployments import Facts
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure

_CLOSE = "Close the root to them: docs/design/trust.md has the commands."


def not_trusted(what: str, listed: c.Mapping[str, t.Any] | None) -> list[Failure]:
    """Refuse a set without a valid signature, if a key is given."""
    verdict = (listed or {}).get("signature")
    if listed is None or verdict is None or signature.accepted(verdict):
        return []
    return [signature.refusal(what, str(listed["path"]), verdict)]


def open_root(
    facts: Facts, host: str, what: str, listed: c.Mapping[str, t.Any] | None, *, staged: bool
) -> list[Failure]:
    """Refuse a backup root that ordinary users can change, before anything is read there. The agent checks more.

    staged: restored files are hashed while they are read, so a root in groupid_allow_open_roots is used for a signed
      set.
    """
    asked, root = facts[host]["__groupid_asked"], facts[host]["__groupid_probe"].get("backup_root") or {}
    named = str(asked["backup_root"]).lower() in (str(one).lower() for one in asked["allow_open_roots"])
    if not root.get("writable_by") or (staged and named and signature.is_valid((listed or {}).get("signature"))):
        return []
    return [
        Failure(
            "root_open",
            what,
            f"the backup root can be changed by {', '.join(root['writable_by'])}, who may have changed the set",
            f"{_CLOSE} Or name the root in groupid_allow_open_roots and set groupid_signing_key: files of a set with a "
            "valid signature are restored from it."
            if staged
            else f"{_CLOSE} Or, to leave the database unchanged, name only the other components in groupid_components.",
            path=str(asked["backup_root"]),
        )
    ]
