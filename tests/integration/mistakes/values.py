# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of variables."""

from __future__ import annotations

from integration.mistakes.mistake import CONFIRMED, Mistake, deployment, servers

MISTAKES = (
    # Values.
    Mistake(
        "a survey's component",
        "backup -e groupid_components=report",
        ('groupid_components names "report"', "Did you mean reports?"),
    ),
    Mistake(
        "misspelled database", "backup -e groupid_components=databse,reports", ('"databse"', "Did you mean database?")
    ),
    Mistake(
        "no components at all",
        "backup -e '{groupid_components: []}'",
        ("groupid_components names nothing", "do not set it"),
    ),
    Mistake(
        "only the database",
        "backup -e groupid_deployments=hq -e groupid_components=database",
        ("groupid_components names no component of a server: database", "groupid_sql_backup"),
    ),
    Mistake("maybe", "backup -e groupid_verify_after=maybe", ("groupid_verify_after must be true or false", '"maybe"')),
    Mistake(
        "many threads",
        "backup -e groupid_threads=many",
        ("groupid_threads must be a whole number from 0 to 256", '"many"'),
    ),
    Mistake(
        "no safety sets",
        CONFIRMED + " -e groupid_restore_safety_keep=0",
        ("groupid_restore_safety_keep must be a whole number from 1 to 1000", '"0"'),
    ),
    Mistake(
        "wrong policy",
        CONFIRMED + " -e groupid_restore_policy=miror",
        ("groupid_restore_policy must be one of merge, mirror", '"miror"', "Did you mean mirror?"),
    ),
    Mistake(
        "wrong verify mode",
        "verify -e groupid_verify_mode=8/7",
        ("groupid_verify_mode must be full, quick, or a share", '"8/7"'),
    ),
    Mistake(
        "label with blanks",
        """backup -e '{groupid_set_label: "before upgrade!"}'""",
        ("groupid_set_label must be", '"before upgrade!"'),
    ),
    Mistake(
        "a date for an id",
        "verify -e groupid_set_id=2026-11-22",
        ("groupid_set_id must be the id of a set", '"2026-11-22"'),
    ),
    Mistake(
        "version that is not there",
        "backup -e groupid_deployments=hq",
        ("GroupID 9.0", "this one has: 10.0", "groupid_version"),
        deployment("hq", groupid_version=9),
    ),
    Mistake(
        "version that nobody knows",
        "backup",
        ("groupid_version must be one of auto, 9.0, 10.0", "12"),
        servers(groupid_version=12),
    ),
    Mistake(
        "backslash in JSON",
        r"""backup -e '{"groupid_backup_root": "D:\backups"}'""",
        ("groupid_backup_root must be a text without control characters", "a backslash is written twice"),
    ),
    Mistake(
        "moved component misspelled",
        "backup",
        ('groupid_component_paths names "report"', "Did you mean reports?"),
        deployment("hq", groupid_component_paths={"report": "E:\\Reports"}),
    ),
    Mistake(
        "folder without a path",
        "backup",
        ("groupid_folders, item 1", "path"),
        servers(groupid_folders=[{"name": "web_config"}]),
    ),
    Mistake(
        "folder named as a component",
        "backup",
        ('groupid_folders names "reports"', "groupid_component_paths"),
        servers(groupid_folders=[{"name": "reports", "path": "D:\\X"}]),
    ),
    Mistake(
        "network account without a password",
        "backup",
        (
            "groupid_network_username is set and groupid_network_password is not",
            "shares are opened with both or with neither",
            "Set groupid_network_password too",
        ),
        servers(groupid_network_username="CORP\\svc"),
    ),
    Mistake(
        "network account without a domain",
        "backup",
        ("groupid_network_username must be DOMAIN\\user or user@domain", '"svc"'),
        servers(groupid_network_username="svc", groupid_network_password="secret-of-nobody"),
    ),
    # More than one at once: each is reported.
    Mistake(
        "three at once",
        "backup -e groupid_component=reports -e groupid_threads=many -e groupid_verify_after=maybe",
        ("Did you mean groupid_components?", '"many"', '"maybe"'),
        faults=3,
    ),
)
