# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The directory of every test of a restore."""

from __future__ import annotations

import collections.abc as c
import pathlib

import ldap
import pytest
from unit.plugins.module_utils.directory.restore.domains import (
    GROUPS,
    Domains,
)

from ansible_collections.identityops.groupid.plugins.module_utils.directory.export.canonical import ATTRIBUTES
from ansible_collections.identityops.groupid.plugins.module_utils.directory.names.distinguished_name import split
from lab.directory.slapd import Slapd


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> c.Iterator[Slapd]:
    with Slapd(tmp_path_factory.mktemp("slapd"), groups=GROUPS) as slapd:
        yield slapd


@pytest.fixture
def domains(tmp_path: pathlib.Path, loaded: Slapd) -> c.Iterator[Domains]:
    """The directory as it was loaded; whatever a test does to it is put right before the next."""
    before = loaded.groups()
    made = Domains(tmp_path, loaded)
    yield made
    made.directory.close()
    with loaded.admin() as connection:
        for guid, (dn, values) in loaded.groups().items():
            if guid not in before:
                connection.delete_s(dn)
                continue
            was_dn, was = before.pop(guid)
            if changed := [name for name in ATTRIBUTES if values.get(name) != was.get(name)]:
                connection.modify_s(dn, [(ldap.MOD_REPLACE, name, was.get(name)) for name in changed])
            if dn != was_dn:
                connection.rename_s(dn, *split(was_dn), delold=1)
    for guid in before:
        [group] = [group for group in GROUPS if group.guid == guid]
        loaded.add(group)
