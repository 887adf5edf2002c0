# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths at the boundary of a mono host: what it calls ``C:\\x`` is a folder of the lab.

Only strings that are an absolute path as a whole are translated: file names inside a set may hold a colon, and keys are
never paths. Texts for people, which quote paths in the middle, are translated on the way out only.
"""

from __future__ import annotations

import pathlib
import re
import typing as t

TEXTS = frozenset({"cause", "next", "what", "warnings", "error", "stdout", "stderr"})
"""Keys of an answer whose strings are sentences, or what a program printed."""

_DRIVE_PATH = re.compile(r"([A-Za-z]):[\\/](.*)", re.DOTALL)
_UNC_PATH = re.compile(r"\\\\([^\\/?.][^\\/]*)\\([^\\/]+)(.*)", re.DOTALL)
_REST_IN_TEXT = r"(/[^'\"\n:;,()]*)?"


class PathMap:
    """Translates between a host's Windows paths and the lab's folders.

    host: folder of the host, with one folder per drive, named by its letter.
    shares: folder of all UNC shares, ``<server>/<share>``, common to all hosts.
    """

    def __init__(self, host: pathlib.Path, shares: pathlib.Path) -> None:
        self._host = str(host)
        self._shares = str(shares)
        drive = rf"{re.escape(self._host)}/([A-Z])(?=[/\W]|$)"
        share = rf"{re.escape(self._shares)}/([^/'\"\n]+/[^/'\"\n:;,()]+)"
        self._in_text = re.compile(rf"(?:{drive}|{share}){_REST_IN_TEXT}")

    def to_lab(self, path: str) -> str:
        """Return the lab's folder for an absolute Windows path, and any other string as it is."""
        if match := _DRIVE_PATH.fullmatch(path):
            return f"{self._host}/{match[1].upper()}/{_slashes(match[2])}"
        if match := _UNC_PATH.fullmatch(path):
            return f"{self._shares}/{match[1].lower()}/{match[2].lower()}{_slashes(match[3])}"
        return path

    def to_windows(self, path: str) -> str:
        """Return the Windows path for an absolute one of the lab, and any other string as it is."""
        for root, prefix in ((self._host, ""), (self._shares, "\\\\")):
            if path.startswith(root + "/"):
                first, slash, rest = path[len(root) + 1 :].partition("/")
                colon = "" if prefix else ":"
                return f"{prefix}{first}{colon}{slash}{rest}".replace("/", "\\")
        return path

    def text_to_windows(self, text: str) -> str:
        """Translate every path of the lab inside a text."""
        return self._in_text.sub(lambda match: self.to_windows(match[0]), text)

    def request(self, value: t.Any) -> t.Any:
        """Translate a request on its way in."""
        return _walk(value, self.to_lab)

    def answer(self, value: t.Any) -> t.Any:
        """Translate an answer on its way out."""
        if isinstance(value, dict):
            return {
                key: _walk(item, self.text_to_windows)
                if key in TEXTS and not isinstance(item, dict)
                else self.answer(item)
                for key, item in value.items()
            }
        if isinstance(value, list):
            return [self.answer(item) for item in value]
        return self.to_windows(value) if isinstance(value, str) else value


def _walk(value: t.Any, translate: t.Callable[[str], str]) -> t.Any:
    if isinstance(value, dict):
        return {key: _walk(item, translate) for key, item in value.items()}
    if isinstance(value, list):
        return [_walk(item, translate) for item in value]
    return translate(value) if isinstance(value, str) else value


def _slashes(rest: str) -> str:
    return rest.replace("\\", "/")
