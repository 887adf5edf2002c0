# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders as people type them, for the tests of both sides that read them."""

from __future__ import annotations

from hypothesis import strategies as st

READ = {
    "D:\\GroupIDBackups": "D:\\GroupIDBackups",
    "D:\\GroupIDBackups\\": "D:\\GroupIDBackups",
    "D:\\GroupIDBackups\\\\": "D:\\GroupIDBackups",
    "d:\\GroupIDBackups": "D:\\GroupIDBackups",
    "D:/GroupIDBackups": "D:\\GroupIDBackups",
    "D:/GroupIDBackups/": "D:\\GroupIDBackups",
    "D://GroupID//Backups": "D:\\GroupID\\Backups",
    "D:\\\\GroupID\\\\Backups": "D:\\GroupID\\Backups",
    "D:\\GroupID/Backups": "D:\\GroupID\\Backups",
    " D:\\Backups ": "D:\\Backups",
    "D:\\Backups\n": "D:\\Backups",
    "\tD:\\Backups": "D:\\Backups",
    '"D:\\Group ID\\Backups"': "D:\\Group ID\\Backups",
    "'D:\\Group ID\\Backups'": "D:\\Group ID\\Backups",
    '" D:\\Backups\\ "': "D:\\Backups",
    "\u201cD:\\Backups\u201d": "D:\\Backups",
    "\u2018D:\\Backups\u2019": "D:\\Backups",
    "D:\\": "D:\\",
    "D:/": "D:\\",
    "D:\\\\": "D:\\",
    '"d:/"': "D:\\",
    "\\\\nas01\\backups": "\\\\nas01\\backups",
    "\\\\nas01\\backups\\": "\\\\nas01\\backups",
    "\\\\nas01\\backups\\hq": "\\\\nas01\\backups\\hq",
    "//nas01/backups/hq": "\\\\nas01\\backups\\hq",
    "\\\\\\\\nas01\\\\backups\\\\hq": "\\\\nas01\\backups\\hq",
    "\\\\NAS01.corp.example\\Backups$": "\\\\NAS01.corp.example\\Backups$",
    "\\\\192.0.2.7\\d$\\Backups": "\\\\192.0.2.7\\d$\\Backups",
    "\\\\nas01@SSL\\DavWWWRoot\\x": "\\\\nas01@SSL\\DavWWWRoot\\x",
    "'//nas01/Group ID'": "\\\\nas01\\Group ID",
    "\\\\?\\D:\\Backups": "D:\\Backups",
    "\\\\?\\d:\\": "D:\\",
    "//?/D:/Backups": "D:\\Backups",
    "\\\\?\\UNC\\nas01\\backups\\hq": "\\\\nas01\\backups\\hq",
    "\\\\?\\unc\\nas01\\backups": "\\\\nas01\\backups",
    "%ProgramData%\\Backups": "%ProgramData%\\Backups",
    "%ProgramData%/Backups/": "%ProgramData%\\Backups",
    '"%programdata%\\\\Backups"': "%programdata%\\Backups",
    "%SystemDrive%\\Backups": "%SystemDrive%\\Backups",
    "%SystemDrive%": "%SystemDrive%",
    "%SystemDrive%\\": "%SystemDrive%",
    "D:\\100% safe\\O'Brien & Co, (old) [1]": "D:\\100% safe\\O'Brien & Co, (old) [1]",
    "D:\\.hidden\\a.b.c": "D:\\.hidden\\a.b.c",
    "D:\\Sicherung \u00fc\u00df\\\u5099\u4efd\\\U0001f4be": "D:\\Sicherung \u00fc\u00df\\\u5099\u4efd\\\U0001f4be",
    "D:\\auxiliary\\con-1\\nul_": "D:\\auxiliary\\con-1\\nul_",
    "D:\\" + "a" * 255: "D:\\" + "a" * 255,
}
"""As typed, and what it means."""

_PIECES = ["D:", "c:", "\\", "/", "\\\\", "\\\\?\\", "UNC", "%ProgramData%", "%", '"', "'"]
_PIECES += ["nas01", "share$", "a b", ".", "..", " ", "con"]
TYPED = st.lists(st.one_of(st.sampled_from(_PIECES), st.text(max_size=3)), max_size=8).map("".join)
"""Texts that are nearly paths."""
