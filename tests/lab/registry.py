# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host's registry says: where GroupID is, and who the host is."""

from __future__ import annotations

import json
import pathlib

from lab import layout
from lab.fleet import Host


def installation_key(host: Host) -> str:
    """Name GroupID's key below HKEY_LOCAL_MACHINE."""
    return rf"SOFTWARE\Imanami\GroupID\Version {host.version}"


def values(host: Host) -> dict[str, str]:
    """Return the values of the key; the folder as Windows writes it."""
    folder = layout.INSTALLATION.format(version=host.version).replace("/", "\\")
    return {"InstallationPath": rf"{host.installation_drive}:\{folder}", "Version": f"{host.version}.0.0"}


def of_windows(host: Host) -> dict[str, dict[str, str]]:
    """Return GroupID's values and the host's identity, by key."""
    return {
        installation_key(host): values(host),
        r"SOFTWARE\Microsoft\Cryptography": {"MachineGuid": host.machine_guid},
    }


def write_for_mono(root: pathlib.Path, host: Host) -> None:
    """Write registry.json, the registry of a mono host, with the folder as the agent there sees it."""
    found = values(host) | {"InstallationPath": str(layout.base(root, host, "installation"))}
    file = root / "hosts" / host.name / "registry.json"
    file.write_text(json.dumps({installation_key(host): found}, indent=1), encoding="utf-8")
