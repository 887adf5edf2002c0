# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which set is restored, verified or added to, what of it, and where to."""

from __future__ import annotations

from integration.mistakes.mistake import CONFIRMED, RESTORE, Mistake

OTHER_SET = "20261122T150405Z"

MISTAKES = (
    # Which set.
    Mistake(
        "restore as the README once said",
        RESTORE + " -e groupid_restore_confirm=THE_SET",
        (
            "2 deployments of this run have the set",
            "groupid_deployments=hq",
            "groupid_restore_confirm=hq/THE_SET",
            "groupid_restore_confirm=branch/THE_SET",
        ),
    ),
    Mistake(
        "check mode does not soften it",
        RESTORE + " -e groupid_restore_confirm=THE_SET --check",
        ("2 deployments of this run have the set", "groupid_restore_confirm=hq/THE_SET"),
    ),
    Mistake(
        "restore by a glob",
        RESTORE + " -e 'groupid_deployments=*' -e groupid_restore_confirm=hq/THE_SET,branch/THE_SET",
        (
            "2 deployments of this run have the set",
            "groupid_deployments does not name each of them in full",
            "Choose one: -e groupid_deployments=",
        ),
    ),
    Mistake(
        "restore without a set",
        "restore -e groupid_deployments=hq",
        ("groupid_set_id does not name a set", "Sets of hq: THE_SET"),
    ),
    Mistake(
        "restore the latest",
        "restore -e groupid_deployments=hq -e groupid_set_id=latest -e groupid_restore_confirm=latest",
        ("groupid_set_id must be the id of a set", "latest"),
    ),
    Mistake(
        "restore unconfirmed",
        RESTORE + " -e groupid_deployments=hq",
        ("groupid_restore_confirm is not given", "groupid_restore_confirm=hq/THE_SET"),
    ),
    Mistake(
        "confirmed with yes",
        RESTORE + " -e groupid_deployments=hq -e groupid_restore_confirm=yes",
        ("groupid_restore_confirm", '"yes"', "hq/20261122T150405Z"),
    ),
    Mistake(
        "another one confirmed",
        RESTORE + " -e groupid_deployments=hq -e groupid_restore_confirm=branch/THE_SET",
        ("groupid_restore_confirm is branch/", "hq/THE_SET"),
    ),
    Mistake(
        "another set confirmed",
        RESTORE + " -e groupid_deployments=hq -e groupid_restore_confirm=hq/20261122T150405Z",
        ("groupid_restore_confirm is hq/", "hq/THE_SET"),
    ),
    Mistake(
        "set that is not there",
        f"restore -e groupid_deployments=hq -e groupid_set_id={OTHER_SET} -e groupid_restore_confirm=hq/{OTHER_SET}",
        (f"deployment hq has no set {OTHER_SET}", "Its sets: THE_SET"),
    ),
    Mistake(
        "verify a set that is not there",
        "verify -e groupid_set_id=20261122T150405Z -e groupid_deployments=hq",
        (OTHER_SET, "There is no such set", "identityops.groupid.list"),
    ),
    Mistake(
        "backup into a sealed set",
        "backup -e groupid_set_id=THE_SET",
        ("Nothing can be added to set THE_SET", "it is sealed", "Leave groupid_set_id out"),
    ),
    Mistake(
        "backup into latest",
        "backup -e groupid_set_id=latest",
        ("groupid_set_id must be the id of a set for a backup", "latest"),
    ),
    # What of it, and where to.
    Mistake(
        "map to a server that is not there",
        CONFIRMED + " -e '{groupid_restore_map: {web01: wbe02}}'",
        ("no server of this restore is called wbe02", "Did you mean web02?"),
    ),
    Mistake(
        "map to an address",
        CONFIRMED + " -e '{groupid_restore_map: {web01: 192.0.2.11}}'",
        ("groupid_restore_map", "192.0.2.11", "not an address"),
    ),
    Mistake(
        "map of a part that is not there",
        CONFIRMED + " -e '{groupid_restore_map: {web07: web02}}'",
        ("the set has no part of web07", "Known names: "),
    ),
    Mistake(
        "map to another deployment",
        CONFIRMED + " -e '{groupid_restore_map: {web01: old01}}'",
        ("no server of this restore is called old01", "Known names: web01, web02"),
    ),
    Mistake(
        "two parts to one server",
        CONFIRMED + " -e '{groupid_restore_map: {web01: web02, web02: web02}}'",
        ("sends more than one part to web02", "can restore only one part", "keep one of these entries"),
    ),
    Mistake(
        "target misspelled",
        CONFIRMED + """ -e '{groupid_restore_targets: {report: "D:/Elsewhere"}}'""",
        ('groupid_restore_targets names "report"', "Did you mean reports?"),
    ),
    Mistake(
        "folder for the database",
        CONFIRMED + """ -e '{groupid_restore_targets: {database: "D:/Elsewhere"}}'""",
        ('groupid_restore_targets names "database"', "it has no folder on a server of GroupID", "Remove it."),
    ),
    Mistake(
        "component that the set has not",
        CONFIRMED + " -e groupid_components=schedules",
        (
            "The restore was not started",
            "groupid_components names schedules, which set THE_SET does not have",
            "It has: ",
            "correct groupid_components",
        ),
    ),
    Mistake(
        "group with a slip in its domain",
        CONFIRMED
        + " -e groupid_components=group_attributes -e groupid_ldif_exclude_groups=CN=Sales,DC=corp,DC=exmaple",
        (
            "The restore of group attributes was not started",
            "exclude_groups names CN=Sales,DC=corp,DC=exmaple",
            "groupid_domains has no domain corp.exmaple",
            "Correct groupid_ldif_exclude_groups",
        ),
    ),
)
