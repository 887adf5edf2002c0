# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that Windows allows and careless programs break on."""

from __future__ import annotations

import unicodedata

UMLAUTS = "Größenänderung Übersicht.xml"

FILES = (
    "two  spaces and a trailing word.txt",
    "it's quoted 'twice'.txt",
    "\u201ctypographic\u201d `ticks`.txt",
    "100% of %TEMP%.txt",
    "price in $env_HOME $(x) ${y}.txt",
    "R&D; sales, 1+1=2 ^ ~ # @ !.txt",
    "brackets [1] {2} (3).txt",
    ".leading dot",
    "-rf",
    "--help.txt",
    " leading space.txt",
    "no_extension",
    unicodedata.normalize("NFC", UMLAUTS),
    unicodedata.normalize("NFD", UMLAUTS),
    "身份管理 報告.txt",
    "закупки Ελληνικά עברית.txt",
    "party 🎉 family 👩‍👩‍👧.txt",
    "x" * 120 + ".txt",
)
EMPTY_FILE = "empty file.dat"
EMPTY_FOLDER = "empty folder [keep]"
READ_ONLY_FILE = "read-only.config"
DEEP_FOLDERS = tuple(
    f"folder {number} with a rather long name for a path that Explorer refuses" for number in range(1, 6)
)
"""More than 300 characters together."""
