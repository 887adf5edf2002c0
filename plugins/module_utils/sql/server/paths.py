# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths as a SQL Server sees them."""

from __future__ import annotations

import re

_WINDOWS_PATH = re.compile(r"(?:[A-Za-z]:\\|\\\\[^\\/]+\\[^\\/]+)[^/]*")


def check_folder(folder: str) -> str:
    r"""Return an absolute folder unchanged: of a drive (``D:\Backups``), a share (``\\nas01\backup``), or on Linux.

    Raises ValueError. Mapped drives look like others, but the service of SQL Server does not see them.
    """
    windows = _WINDOWS_PATH.fullmatch(folder)
    if not (windows or folder.startswith("/")):
        raise ValueError(
            rf"The path {folder!r} is not absolute. Name one as the SQL server sees it, such as D:\Backups or "
            r"\\nas01\backup\groupid."
        )
    parts = re.split(r"[\\/]", folder)
    if ".." in parts or "." in parts:
        raise ValueError(f"The path {folder!r} contains . or .. as a folder. Write the path without them.")
    if windows and any(re.search(r'[<>"|?*]', part) for part in parts):
        raise ValueError(f"The path {folder!r} contains a character that Windows does not allow in a path.")
    return folder


def join_path(folder: str, name: str) -> str:
    """Put a name below a folder, as the server's system writes paths: Windows or Linux."""
    separator = "/" if folder.startswith("/") else "\\"
    return f"{folder.rstrip(chr(92) + '/')}{separator}{name}"
