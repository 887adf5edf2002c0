# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where GroupID keeps what is backed up, by the vendor's pages: the lab's own table, to judge the collection by."""

from __future__ import annotations

import pathlib

from lab.fleet import Host

INSTALLATION = "Program Files/Imanami/GroupID {version}"
DATA = "ProgramData/Imanami/GroupID {version}"

COMPONENTS = {
    "self_service_portals": ("installation", "SelfService/Inetpub"),
    "password_center_user": ("installation", "PasswordCenter/Inetpub"),
    "password_center_helpdesk": ("installation", "PasswordCenter/Helpdesk/Inetpub"),
    "synchronize_jobs": ("data", "Synchronize/Jobs"),
    "reports": ("data", "Reports"),
    "elasticsearch": ("data", "Replication/data"),
    "schedules": ("installation", "Schedules"),
    "replication_attributes": ("installation", "Replication/IdentityStoresReplicationAttributes"),
    "password_exceptions": ("installation", "GroupIDDataService/PasswordCenter/PasswordExceptionLists"),
}
ONLY_IN_10 = frozenset({"elasticsearch", "schedules"})


def drive(root: pathlib.Path, host: Host, letter: str) -> pathlib.Path:
    """Return the folder that is a drive of a host. ``root`` is the lab's."""
    if host.runner == "wine":
        prefix = root / "wine" / host.name
        return prefix / "drive_c" if letter == "C" else prefix / "drives" / letter
    return root / "hosts" / host.name / letter


def drives(host: Host) -> list[str]:
    """Return the letters of a host's fixed drives. D: is for backups."""
    return sorted({"C", "D", host.installation_drive})


def base(root: pathlib.Path, host: Host, name: str) -> pathlib.Path:
    """Return the folder of the installation or of the data."""
    if name == "installation":
        return drive(root, host, host.installation_drive) / INSTALLATION.format(version=host.version)
    return drive(root, host, "C") / DATA.format(version=host.version)


def components(root: pathlib.Path, host: Host) -> dict[str, pathlib.Path]:
    """Return the folder of each component that the host's version has."""
    return {
        name: base(root, host, where) / path
        for name, (where, path) in COMPONENTS.items()
        if host.version == "10.0" or name not in ONLY_IN_10
    }
