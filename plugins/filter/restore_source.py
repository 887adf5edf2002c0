# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter identityops.groupid.restore_source: a name for a function of module_utils that roles can use."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.identityops.groupid.plugins.module_utils import restore_map

DOCUMENTATION = """
name: restore_source
author: identityops contributors (@identityops)
version_added: 0.1.0
short_description: Choose the part that a server restores
description:
  - Its own, unless the map sends another one to it. Fails when the map sends two.
positional: mapping
options:
  _input:
    description: Name of the server.
    type: str
    required: true
  mapping:
    description: Server of the part as key, server that restores it as value.
    type: dict
    required: true
"""

EXAMPLES = """
- name: Show whose part goes to web09
  ansible.builtin.debug:
    msg: "{{ ('web09' | identityops.groupid.restore_source({'web01': 'web09'})).server }}"
"""

RETURN = """
_value:
  description: The server of the part, and whether the map named it.
  type: dict
"""


def restore_source(server: str, mapping: c.Mapping[str, str]) -> restore_map.Source:
    """Call `restore_map.source_of`."""
    try:
        return restore_map.source_of(server, mapping)
    except restore_map.AmbiguousMapError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """What Ansible asks for the filter."""

    def filters(self) -> dict[str, c.Callable[..., t.Any]]:
        """Give the filter by its name."""
        return {"restore_source": restore_source}
