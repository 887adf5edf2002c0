# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One variable that users set: what is known of it, and the roles that read it."""

from __future__ import annotations

import dataclasses
import typing as t

PREFIX = "groupid_"

RUN = "groupid_run"
"""What a run leaves in Ansible's custom stats. A workflow of AWX gives it to its next job as a variable."""

PREFLIGHT, BACKUP, VERIFY, RESTORE = "preflight", "backup", "verify", "restore"
ROLES = (PREFLIGHT, BACKUP, VERIFY, RESTORE)

Group = t.Literal["general", "database", "group_attributes"]
Where = t.Literal["host", "extra"]


@dataclasses.dataclass(frozen=True)
class Word:
    """One variable, or one option of a variable that is a list of dictionaries.

    name: of a variable, with its prefix.
    type: ``bool``, ``int``, ``float``, ``list`` or ``dict``, or the kind of text: ``str``, ``name`` (text in
      lower case), ``path`` (on Windows), ``file`` (on the controller), ``set_id``, ``label``, ``version``,
      ``deployment``, ``component``, ``server``, ``domain``, ``account``, ``verify_mode``, ``confirmation``,
      ``pattern`` (of hosts), ``glob``, ``dn`` (distinguished name or objectGUID), ``signing_key``.
    default: None if there is none, and the collection or the host chooses.
    elements: type of a list's items and of a dictionary's values. keys: type of a dictionary's keys.
    choices: texts in lower case. least, most: of a number.
    roles: roles whose runs use it; none: only a module reads it. The role of its group declares it, if there is one.
    about: one or two sentences, with code words between backticks.
    options: of each item, where the items are dictionaries.
    secret: its value is never shown.
    where: ``host``: variables of a host or its group; ``extra``: usually ``-e``, for one run.
    example: a value as people write it after the colon, or after ``=`` with ``-e``.
    shown: the default in words, for tables.
    other_defaults: default by role, if it is not the same for all.
    """

    name: str
    type: str
    default: t.Any
    about: str
    roles: tuple[str, ...] = ROLES
    elements: str | None = None
    keys: str = "str"
    choices: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    group: Group = "general"
    options: tuple[Word, ...] = ()
    secret: bool = False
    required: bool = False
    where: Where = "host"
    example: str = ""
    shown: str | None = None
    other_defaults: tuple[tuple[str, t.Any], ...] = ()

    @property
    def key(self) -> str:
        """Name without the prefix."""
        return self.name.removeprefix(PREFIX)

    def default_in(self, role: str) -> t.Any:
        """Return the default of a role, as a new object."""
        default = dict(self.other_defaults).get(role, self.default)
        return default.copy() if isinstance(default, (list, dict)) else default


SAVING = (PREFLIGHT, BACKUP)
CHOOSING = (PREFLIGHT, BACKUP, RESTORE)
COPYING = (BACKUP, RESTORE)
RESTORING = (RESTORE,)
