# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A restore: what it writes, and the checks before the first write."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.apply import Written, apply_steps
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.changes import AttributeStep, Step
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.compare import GroupDifference
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.undo import undo_sha256
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.facts import (
    Domain,
    NotWritable,
    not_writable,
    read_schema,
)
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.session import (
    Directory,
    DirectoryError,
)

_NAMED = 20
_NOT_CLEARED = "do not set groupid_ldif_clear (clear). Then values that were set later are kept."


class RefusedError(DirectoryError):
    """The restore was not started, and the directory was not changed.

    groups: DNs of all groups that prevent it. Empty if the reason is another one.
    """

    def __init__(self, code: str, cause: str, next_step: str, groups: c.Sequence[str] = ()) -> None:
        super().__init__(code, "The restore of group attributes was not started", cause, next_step)
        self.groups = tuple(groups)


@dataclasses.dataclass(frozen=True)
class Plan:
    """What a restore writes.

    steps: one for each group, in order of objectGUID. kept: how many groups keep values of attributes that had none at
    backup time.
    """

    steps: tuple[Step, ...]
    kept: int


def make_plan(differences: c.Iterable[GroupDifference], clear: bool = False) -> Plan:
    """Decide what a restore writes: what differs, in groups that are in the set and in the directory.

    clear: attributes that had no value at backup time and have one now are cleared, too.
    """
    steps, kept = [], 0
    for group in differences:
        wanted = [change for change in group.changes if clear or change.kind != "cleared"]
        kept += len(wanted) < len(group.changes)
        if wanted and group.dn_now is not None:
            attributes = (AttributeStep(change.name, change.now, change.then) for change in wanted)
            steps.append(Step(group.guid, group.dn_now, tuple(attributes)))
    return Plan(tuple(steps), kept)


def modify_records(steps: c.Iterable[Step]) -> c.Iterator[bytes]:
    """Return the plan as LDIF in modify form, which a person can import with ``ldifde -i -f``."""
    return (step.record() for step in steps)


def check_domain(details: c.Mapping[str, t.Any], domain: Domain) -> None:
    """Refuse the files of another domain, and a server that cannot be written.

    details: of the part, as the export recorded them. domain: of the session.

    Raises RefusedError.
    """
    for key, now in (("domain_guid", domain.guid), ("domain_sid", domain.sid)):
        then = details.get(key)
        if not isinstance(then, str) or then.lower() != now.lower():
            raise RefusedError(
                "other_domain",
                f"The files are of the domain {details.get('domain')} ({key} {then}), but the server {domain.server} "
                f"has the domain {domain.dns_name} ({now})",
                f"Restore the part of {domain.dns_name}, or name a server of {details.get('domain')}.",
            )
    if domain.read_only:
        raise RefusedError(
            "read_only",
            f"{domain.server} is a read-only domain controller",
            "Name a writable domain controller as the domain's server.",
        )


def check_schema(directory: Directory, domain: Domain, steps: c.Iterable[Step]) -> None:
    """Refuse a plan with attributes that are no longer in the schema, so that nothing is written in part.

    Raises RefusedError that names attributes and groups; DirectoryError.
    """
    groups: dict[str, list[str]] = {}
    for step in steps:
        for one in step.attributes:
            groups.setdefault(one.name, []).append(step.dn)
    missing = read_schema(directory, domain, list(groups)).missing
    if not missing:
        return
    dns = list(dict.fromkeys(dn for name in missing for dn in groups[name]))
    raise RefusedError(
        "no_such_attribute",
        f"The schema of {domain.dns_name} has no attribute {', '.join(missing)}, or has deactivated it, and the set "
        f"has values of it for {_listed(dns)}",
        "Extend the schema again (the setup of Exchange adds extensionAttribute1 to 15), or restore only the other "
        "attributes (groupid_ldif_attributes, attributes).",
        dns,
    )


def check_rights(directory: Directory, domain: Domain, steps: c.Iterable[Step]) -> None:
    """Refuse a plan that the account may not write in full, so that nothing is written in part.

    Raises RefusedError that names every group without the rights; DirectoryError.
    """
    by_guid = {step.guid: step for step in steps}
    wanted = {guid: [attribute.name for attribute in step.attributes] for guid, step in by_guid.items()}
    # A group that no longer exists becomes a conflict later. It is not a question of rights.
    lacking = [group for group in not_writable(directory, domain.base, wanted) if group.dn is not None]
    if not lacking:
        return
    named = [f"{group.dn} ({', '.join(group.attributes)})" for group in lacking]
    raise RefusedError(
        "no_rights",
        f"The account may not write these of {len(by_guid)} groups: {_listed(named)}",
        f"Give it the right to write these attributes, or exclude these groups by name.{_protected(lacking)}",
        [group.dn for group in lacking if group.dn is not None],
    )


def _protected(groups: c.Iterable[NotWritable]) -> str:
    """Return where to grant a right so that it lasts (MS-ADTS 3.1.1.6.1): AD removes any other within the hour."""
    named = [group.dn for group in groups if group.protected and group.dn is not None]
    if not named:
        return ""
    return (
        f" AdminSDHolder protects {_listed(named)} (adminCount 1): a right that is granted on such a group is removed "
        "within the hour. Grant it on CN=AdminSDHolder,CN=System of the domain, or exclude the group."
    )


def check_clear(details: c.Mapping[str, t.Any], account: str | None, steps: c.Iterable[Step]) -> str | None:
    """Refuse to clear values that an export may not have seen: without the right to read it, an attribute looks empty.

    details: of the part, as the export recorded them. account: of this session. Returns a warning if the set does not
      say who read it, as sets of 0.5.0; None if there is no problem, or nothing is cleared.

    Raises RefusedError that names the groups.
    """
    cleared = {step: {one.name for one in step.attributes if not one.after} for step in steps}
    cleared = {step: names for step, names in cleared.items() if names}
    if not cleared:
        return None
    filtered = {str(name).lower() for name in details.get("filtered_attributes") or ()}
    unseen = [step.dn for step, names in cleared.items() if filtered & {name.lower() for name in names}]
    if unseen:
        raise RefusedError(
            "not_seen",
            f"The set was read from a read-only domain controller, which does not receive "
            f"{', '.join(sorted(filtered))}. So the set does not have these values, and the restore would clear them "
            f"on {_listed(unseen)}",
            f"Restore a set that was read from a writable domain controller, or {_NOT_CLEARED}",
            unseen,
        )
    then, dns = details.get("account"), [step.dn for step in cleared]
    if not isinstance(then, str) or account is None:
        return (
            f"The set does not say which account read it. Values that this account was not allowed to read count as "
            f"empty, and values of {len(dns)} groups are cleared."
        )
    if then.lower() != account.lower():
        raise RefusedError(
            "other_account",
            f"The set was read by {then}, and this restore logs in as {account}. Values that {then} is not allowed to "
            f"read are empty in the set, and the restore would clear values of {_listed(dns)}",
            f"If {then} may read these attributes of all groups, set groupid_ldif_clear_unseen (clear_unseen). "
            f"Otherwise restore as {then}, or {_NOT_CLEARED}",
            dns,
        )
    return None


def _listed(names: c.Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{'; '.join(names[:_NAMED])}{more}"


def write(directory: Directory, domain: Domain, steps: c.Sequence[Step], stored_undo: str) -> Written:
    """Write a plan, one modify for each group, and read every group again.

    stored_undo: SHA-256 of the undo's LDIF that the caller has stored and flushed, as ``undo.undo_sha256`` returns it.
      If it does not match these steps, nothing is written.

    Raises RefusedError, before anything is written; StoppedError as ``apply.apply_steps``.
    """
    if stored_undo != undo_sha256(steps):
        raise RefusedError(
            "undo_differs",
            f"The stored undo (SHA-256 {stored_undo}) does not match the changes that would be written now",
            "The directory changed since the undo was made. Run the restore again.",
        )
    check_rights(directory, domain, steps)
    return apply_steps(directory, domain.base, steps)
