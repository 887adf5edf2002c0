# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages in a session's language, as far as the collection reads numbers out of their texts."""

from __future__ import annotations

import re
import typing as t

TURKISH = "Türkçe"

# The number does not begin the text, and an error of the operating system has other words.
_TURKISH: t.Final = {
    3211: (r"(\d+) percent processed\.", r"Yüzde \1 işlendi."),
    3201: (
        r"Cannot open backup device '(.*)'\. Operating system error (\d+)\((.*)\)\.",
        r"'\1' yedekleme aygıtı açılamıyor. İşletim sistemi hatası \2(\3).",  # noqa: RUF001
    ),
}


def translate(number: int, text: str, language: str) -> str:
    """Return a text in a language. All but Turkish is English here."""
    found = _TURKISH.get(number) if language == TURKISH else None
    return re.sub(found[0], found[1], text) if found else text
