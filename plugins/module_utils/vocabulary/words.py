# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All variables that users set, in the order of the documents.

The argument specs and defaults of the roles, the tables of the READMEs, and the checks of values are made from these
tables. A new variable is a row in the table of its topic. ``python3 tests/tools/vocabulary.py`` writes the rest.
"""

from __future__ import annotations

import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.vocabulary.backups import BACKUPS
from ansible_collections.identityops.groupid.plugins.module_utils.vocabulary.checks import CHECKS
from ansible_collections.identityops.groupid.plugins.module_utils.vocabulary.database import DATABASE
from ansible_collections.identityops.groupid.plugins.module_utils.vocabulary.deployments import DEPLOYMENTS
from ansible_collections.identityops.groupid.plugins.module_utils.vocabulary.group_attributes import GROUP_ATTRIBUTES
from ansible_collections.identityops.groupid.plugins.module_utils.vocabulary.restores import RESTORES
from ansible_collections.identityops.groupid.plugins.module_utils.vocabulary.selection import SELECTION
from ansible_collections.identityops.groupid.plugins.module_utils.vocabulary.word import ROLES, Word

WORDS: t.Final[tuple[Word, ...]] = (
    *DEPLOYMENTS,
    *SELECTION,
    *BACKUPS,
    *CHECKS,
    *RESTORES,
    *DATABASE,
    *GROUP_ATTRIBUTES,
)

BY_NAME: t.Final[dict[str, Word]] = {word.name: word for word in WORDS}


def words_of(role: str) -> tuple[Word, ...]:
    """Return the words that runs of a role use. role: preflight, backup, verify or restore. Raises ValueError."""
    if role not in ROLES:
        raise ValueError(f"{role!r} is not one of {', '.join(ROLES)}.")
    return tuple(word for word in WORDS if role in word.roles)


def declared_by(role: str) -> tuple[Word, ...]:
    """Return the words that a role declares: those of its group, or the general ones that it uses."""
    return tuple(word for word in WORDS if word.group == role or (word.group == "general" and role in word.roles))
