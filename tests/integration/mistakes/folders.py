# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders, and what is in them."""

from __future__ import annotations

from integration.mistakes.mistake import CONFIRMED, Mistake, deployment, servers

MISTAKES = (
    Mistake(
        "portal that is not there",
        "backup -e groupid_deployments=branch -e groupid_components=self_service_portals -e groupid_include=HR_Portl",
        ("self_service_portals", "No file there matches include 'HR_Portl'", "Correct groupid_include"),
    ),
    Mistake(
        "everything excluded",
        """backup -e '{groupid_components: [reports], groupid_exclude: ["**"]}'""",
        ("exclude leaves none of them", "groupid_exclude"),
        # One of GroupID 9.0 and one of 10.0, in folders of two names.
        faults=2,
    ),
    Mistake(
        "restore of a portal that is not there",
        CONFIRMED + " -e '{groupid_components: [self_service_portals], groupid_include: [HR Portl]}'",
        ("HR Portl", "groupid_include"),
        # On drive C of one server, on drive E of the other.
        faults=2,
    ),
    Mistake(
        "drive without a folder",
        "backup",
        ("groupid_backup_root must be a full path", '"D:"', r"D:\GroupIDBackups"),
        servers(groupid_backup_root="D:"),
    ),
    Mistake(
        "relative folder",
        "backup",
        ("groupid_backup_root must be a full path", '"Backups"'),
        servers(groupid_backup_root="Backups"),
    ),
    Mistake(
        "server without a share",
        "backup",
        ("groupid_backup_root must be a full path", r'"\\nas01"', r"\\nas01\GroupIDBackups"),
        servers(groupid_backup_root=r"\\nas01"),
    ),
    Mistake(
        "backups inside the product",
        "backup -e groupid_deployments=hq",
        ("The backup root cannot be used", "GroupID 10.0", "Set groupid_backup_root to a folder elsewhere"),
        deployment("hq", groupid_backup_root=r"C:\ProgramData\Imanami\GroupID 10.0\Backups"),
    ),
    Mistake(
        "folder saved twice",
        "preflight",
        ("web_reports", "Save each folder once", "groupid_folders"),
        deployment(
            "hq", groupid_folders=[{"name": "web_reports", "path": r"C:\ProgramData\Imanami\GroupID 10.0\Reports"}]
        ),
    ),
    Mistake(
        "one folder for two servers",
        CONFIRMED + " -e '{groupid_restore_targets: {reports: //nas01/backup/scratch}}'",
        ("sends the parts of web01, web02 into the same folder", "Set a different folder for each server"),
    ),
    Mistake(
        "no such drive",
        "backup -e groupid_deployments=hq",
        ("The backup root cannot be used", "Q:\\Backups", "Correct groupid_backup_root"),
        deployment("hq", groupid_backup_root="Q:\\Backups"),
    ),
)
