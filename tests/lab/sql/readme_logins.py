# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A login with what a page of SQL grants it, and nothing else: no right that nobody wrote down."""

from __future__ import annotations

import re

from lab.sql.engine import Database, Engine, Login, User

_LINE = re.compile(
    r"USE (?P<use>\w+);|ALTER ROLE (?P<role>\w+) ADD MEMBER|ALTER SERVER ROLE (?P<server_role>\w+) ADD MEMBER"
    r"|GRANT SELECT ON (?P<table>\S+) TO|GRANT (?P<right>[A-Z ]+) TO"
)


def add_login(engine: Engine, database: Database, sql: str, name: str, password: str) -> Login:
    """Make the login, and its user in a database."""
    login = engine.add_login(name, password, granted=set())
    roles, permissions, use = set(), set(), "master"
    for found in _LINE.finditer(sql):
        use = found["use"] or use
        own = use.casefold() not in ("master", "msdb")
        if found["role"]:
            roles.add(found["role"])
        elif found["server_role"]:
            login.roles.add(found["server_role"])
        elif found["table"]:
            assert login.granted is not None
            login.granted.add(f"{use}.{found['table']}")
        elif found["right"]:
            (permissions if own else login.permissions).add(found["right"])
    database.users = (*database.users, User(name, login.sid, frozenset(roles), frozenset(permissions)))
    return login
