# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a full Windows path in the ways that people write it.

A text that can mean only one place is accepted. A text that could mean another one is refused. Only the host knows its
environment, so a variable at the beginning is kept, and the agent replaces it there.
"""

from __future__ import annotations

import collections.abc as c
import re
import typing as t

LONGEST_NAME = 255
"""UTF-16 units of one name. The agent has the same limit."""

EXAMPLE, SHARE_EXAMPLE = "D:\\GroupIDBackups", "\\\\nas01\\GroupIDBackups"

_QUOTES = {'"': '"', "'": "'", "\u201c": "\u201d", "\u2018": "\u2019", "\u201e": "\u201c"}
_ANY_QUOTE = frozenset("".join(_QUOTES) + "".join(_QUOTES.values()))
_NOT_IN_A_NAME = frozenset('<>:"|?*')
_DEVICES = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$"]
    + [f"{port}{number}" for port in ("com", "lpt") for number in "123456789\u00b9\u00b2\u00b3"]
)
_NO_FOLDERS = frozenset(["pipe", "mailslot", "ipc$"])  # shares without files
_VARIABLE = re.compile(r"%[A-Za-z_][A-Za-z0-9_()]*%")
_DRIVE = re.compile(r"[A-Za-z]:\\")


class UnclearPathError(Exception):
    """The text is not a full path, or could mean several. The message says why, as in ``which is empty``."""

    def __init__(self, why: str, example: str = EXAMPLE) -> None:
        super().__init__(why)
        self.example = example


def understand(text: str, name: str) -> str:
    r"""Return a path in the form that the agent uses.

    text: as typed: ``D:/x/``, ``"d:\\x"``, ``//nas/share/x``, ``\\?\UNC\nas\share\x``, ``%ProgramData%\x``.
    name: of the variable or option.
    Returns ``D:\x``, ``D:\``, ``\\nas\share\x`` or ``%ProgramData%\x``. Such a path is returned unchanged.

    Raises ValueError with the name, the text and an example if it is not a full path, or could mean several.
    """
    try:
        return canonical(text)
    except UnclearPathError as error:
        raise ValueError(f"{name} is {_shown(text)}, {error}; write a full path, such as {error.example}.") from None


def understand_all(paths: c.Mapping[str, str], name: str) -> dict[str, str]:
    """Return each path of a mapping as ``understand`` does, called ``name.key``. Raises ValueError at the first bad."""
    return {key: understand(text, f"{name}.{key}") for key, text in paths.items()}


def last_name(path: str) -> str:
    """Return the last name of a path that a host gives."""
    return path.replace("/", "\\").rpartition("\\")[2]


def _shown(text: t.Any) -> str:
    if not isinstance(text, str):
        return repr(text)
    return "'" + "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text) + "'"


def canonical(text: t.Any) -> str:
    """Do the same as `understand`. The caller adds the name to the message. Raises UnclearPathError."""
    if not isinstance(text, str):
        raise UnclearPathError("which is not text")
    path = _unquoted(text.strip())
    if not path:
        raise UnclearPathError("which is empty")
    path = _without_long_prefix(re.sub(r"(?<!^)\\+", r"\\", path.replace("/", "\\")))
    root, rest = _root(path)
    names = [part for part in rest.split("\\") if part]
    for part in names:
        _check_name(part)
    if _ANY_QUOTE & set((names or [""])[-1][-1:]):
        raise UnclearPathError("which has a quotation mark only at the end")
    return root + "\\".join(names) if root.endswith("\\") else "\\".join([root, *names])


def _unquoted(path: str) -> str:
    if len(path) > 1 and _QUOTES.get(path[0]) == path[-1]:
        path = path[1:-1].strip()
    if path and path[0] in _ANY_QUOTE:
        raise UnclearPathError("which has a quotation mark only at the beginning")
    return path


def _without_long_prefix(path: str) -> str:
    r"""Remove ``\\?\``, which lifts a limit that the agent does not have."""
    device = re.match(r"\\\\[?.](?=\\|$)", path)
    if not device:
        return path
    if match := re.fullmatch(r"\\\\\?\\UNC\\(.*)", path, re.IGNORECASE | re.DOTALL):
        return "\\\\" + match[1]
    if re.match(r"\\\\\?\\[A-Za-z]:\\", path):
        return path[4:]
    raise UnclearPathError("which names a device, not a folder")


def _root(path: str) -> tuple[str, str]:
    """Return the drive, share or variable that a path begins with, and the rest."""
    if match := _VARIABLE.match(path):
        if path[match.end() :][:1] not in ("", "\\"):
            raise UnclearPathError("where a backslash must follow the variable", "%ProgramData%\\GroupIDBackups")
        return match[0], path[match.end() :]
    if _DRIVE.match(path):
        return path[0].upper() + ":\\", path[3:]
    if path.startswith("\\\\"):
        return _share(path[2:])
    raise _relative(path)


def _share(path: str) -> tuple[str, str]:
    server, share, rest = [*path.split("\\", 2), "", ""][:3]
    if ":" in server:
        meant = path if len(server) == 2 else f"\\\\{server.replace(':', '')}\\{share}\\{rest}"
        raise UnclearPathError("where the name of a server has a colon", _sample(meant, SHARE_EXAMPLE))
    for part in filter(None, (server, share)):
        _check_name(part)
    if not server or not share:
        raise UnclearPathError("which names a server, but no share", f"\\\\{server or 'nas01'}\\GroupIDBackups")
    if any(char.isspace() or char in "%," for char in server):
        raise UnclearPathError("where the name of the server has a character that is not allowed there", SHARE_EXAMPLE)
    if share.lower() in _NO_FOLDERS:
        raise UnclearPathError(f"and the share {share} has no folders", f"\\\\{server}\\GroupIDBackups")
    return f"\\\\{server}\\{share}", rest


def _sample(meant: str, otherwise: str) -> str:
    """Return the path that a mistyped path was probably meant to be."""
    try:
        return canonical(meant)
    except UnclearPathError:
        return otherwise


def _relative(path: str) -> UnclearPathError:
    if re.match(r"[A-Za-z]:", path):
        example = f"{path[0].upper()}:\\{path[2:] or 'GroupIDBackups'}"
        return UnclearPathError("which depends on the current folder of that drive", _sample(example, EXAMPLE))
    if path.startswith("\\"):
        return UnclearPathError(
            "which has no drive, or only one of the two backslashes of a share", _sample(f"D:{path}", EXAMPLE)
        )
    return UnclearPathError("which is not a full path: it has no drive or share", _sample(f"D:\\{path}", EXAMPLE))


def _check_name(name: str) -> None:
    if name in (".", ".."):
        raise UnclearPathError(f"where '{name}' means another folder")
    if _VARIABLE.search(name):
        raise UnclearPathError(
            "where a variable is not at the beginning, and would not be replaced", "%ProgramData%\\GroupIDBackups"
        )
    bad = next((char for char in name if char in _NOT_IN_A_NAME or char < " " or "\ud800" <= char <= "\udfff"), None)
    if bad is not None:
        raise UnclearPathError(f"where {_shown(bad)} is in a name, which Windows does not allow")
    if name[-1] == "." or name[-1].isspace():
        raise UnclearPathError("where a name ends with a dot or a space, which Windows removes")
    if len(name.encode("utf-16-le")) // 2 > LONGEST_NAME:
        raise UnclearPathError(f"where a name has more than {LONGEST_NAME} characters")
    if name.partition(".")[0].rstrip(" ").lower() in _DEVICES:
        raise UnclearPathError(f"where '{name}' names a device, not a folder")
