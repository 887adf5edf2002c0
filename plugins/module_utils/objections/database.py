# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What prevents the backup or the restore of a deployment's database."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import decisions, restore_choice
from ansible_collections.identityops.groupid.plugins.module_utils.deployments import Facts
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.module_utils.objections import quiesce, trust


def against_backup(facts: Facts, host: str) -> list[Failure]:
    """Check the SQL Server's answer, on the first host of a deployment whose database is saved."""
    asked, found = facts[host]["__groupid_asked"], facts[host].get("__groupid_sql") or {}
    if found.get("skipped") or "can_backup" not in found:
        return []
    reasons = [*found["can_backup"]["reasons"], *found["can_verify"]["reasons"]]
    if found["can_backup"]["ok"] and found["can_verify"]["ok"]:
        return quiesce.hidden_sessions(facts, host, found)
    return [
        Failure(
            "database_not_ready",
            f"The database {asked['sql_database']} on {asked['sql_server']} cannot be backed up",
            " ".join(dict.fromkeys(reasons)).rstrip("."),
            "Correct this on the SQL Server, and run the preflight again."
            if found.get("database")
            else "Correct groupid_sql_database, or give the login a user in the database.",
        )
    ]


def against_restore(facts: Facts, host: str) -> list[Failure]:
    """Check the first host of a deployment whose set has the database, or that names the database."""
    asked = facts[host]["__groupid_asked"]
    what = f"The database of deployment {asked['deployment']} cannot be restored"
    if decisions.may_hold_database(facts, host):
        return [
            Failure(
                "not_sealed",
                what,
                f"set {asked['set_id']} is not sealed, so it is not known whether it has a backup of it on "
                f"{asked['sql_host']}, and groupid_components names it",
                "If it has, restore its files with the module identityops.groupid.groupid_sql_restore. Remove database "
                "from groupid_components to restore the other components.",
            )
        ]
    if not decisions.holds_database(facts, host):
        return [
            Failure(
                "component_missing",
                what,
                f"set {asked['set_id']} has no backup of it, and groupid_components names it",
                "Choose a set with a backup of it, or remove database from groupid_components.",
            )
        ]
    if not asked["sql_server"]:
        return [
            Failure(
                "sql_server_missing",
                what,
                f"set {asked['set_id']} has a backup of it, and groupid_sql_server is not set",
                "Set groupid_sql_server to the server to restore it to; or, to leave the database unchanged, name only "
                "the other components in groupid_components.",
            )
        ]
    here = decisions.database_is_here(facts, host)
    # SQL Server reads the file itself, after it was checked.
    return trust.open_root(facts, host, what, None, staged=False) if here else []


def against_part(facts: Facts, host: str) -> list[Failure]:
    """Check the verification of the database's part, on the computer that has it."""
    check, asked = facts[host].get("__groupid_sql_reread") or {}, facts[host]["__groupid_asked"]
    if "state" not in check:
        return []
    what = f"The database of deployment {asked['deployment']} cannot be restored"
    recorded = str((check.get("details") or {}).get("database") or "")
    failures = _other_database(facts, host, what, recorded) if recorded else [_not_recorded(what, asked)]
    if not check.get("sealed") and not asked["restore_unsealed"]:
        failures.append(
            Failure(
                "not_sealed",
                what,
                f"its part in set {asked['set_id']} is not sealed on the computer that has it",
                "If the playbook list shows a server that has not sealed the set, run a backup of the deployment: it "
                "completes the seal. Otherwise accept the part with groupid_restore_unsealed=true.",
            )
        )
    return failures


def _not_recorded(what: str, asked: c.Mapping[str, t.Any]) -> Failure:
    return Failure(
        "not_recorded",
        what,
        f"the record of its part in set {asked['set_id']} does not name the database that was backed up",
        "Restore its files with the module identityops.groupid.groupid_sql_restore, and name the other components in "
        "groupid_components.",
    )


def _other_database(facts: Facts, host: str, what: str, recorded: str) -> list[Failure]:
    """Check that the database to be replaced, which the part names, belongs only to the deployment."""
    asked = facts[host]["__groupid_asked"]
    named = str(asked["sql_database"] or "")
    others = [name for name in restore_choice.database_users(facts, host, recorded) if name != asked["deployment"]]
    if (not named or named.lower() == recorded.lower()) and not others:
        return []
    theirs = f"that database belongs to {', '.join(others)}" if others else f"groupid_sql_database is {named}"
    return [
        Failure(
            "other_database",
            what,
            f"its part in set {asked['set_id']} is a backup of the database {recorded}, and {theirs}",
            "Choose another set; or set groupid_sql_database to that database, if it belongs to the deployment.",
        )
    ]
