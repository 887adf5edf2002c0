# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Alternate data streams of the files of a host: on Linux extended attributes, as mono/FileStreams.cs keeps them."""

from __future__ import annotations

import ctypes
import os
import pathlib
import sys

PREFIX = "user.DosStream."


def put_stream(path: pathlib.Path, name: str, content: bytes) -> None:
    """Write one, which is to write the file: its time moves."""
    if sys.platform == "win32":
        pathlib.Path(f"{path}:{name}").write_bytes(content)
        return
    facts = path.stat()
    os.setxattr(path, PREFIX + name, content)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns + 1_000_000))


def keeps_streams(folder: pathlib.Path) -> bool:
    """Whether the disk of a folder takes what put_stream writes."""
    try:
        put_stream(folder, "probe", b"")
    except OSError:
        return False
    return True


def streams_of(path: pathlib.Path) -> dict[str, bytes]:
    """Return those of a file or folder by name; a link has none."""
    if path.is_symlink():
        return {}
    if sys.platform == "win32":
        return {name: pathlib.Path(f"{path}:{name}").read_bytes() for name in _windows_names(path)}
    names = [name for name in os.listxattr(path) if name.startswith(PREFIX)]
    return {name.removeprefix(PREFIX): os.getxattr(path, name) for name in names}


def _windows_names(path: pathlib.Path) -> list[str]:
    """Ask FindFirstStreamW, which the agent does not use."""
    assert sys.platform == "win32"
    names = []
    found = ctypes.create_string_buffer(8 + 2 * (260 + 36))  # WIN32_FIND_STREAM_DATA: the size, then ":name:$DATA"
    kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    kernel.FindFirstStreamW.argtypes = [ctypes.c_wchar_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int]
    kernel.FindFirstStreamW.restype = ctypes.c_void_p
    kernel.FindNextStreamW.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    kernel.FindClose.argtypes = [ctypes.c_void_p]
    search = kernel.FindFirstStreamW(str(path), 0, found, 0)
    more = search != ctypes.c_void_p(-1).value
    while more:
        text = found.raw[8:].decode("utf-16-le", errors="surrogatepass").partition("\0")[0]
        names.append(text.removeprefix(":").removesuffix(":$DATA"))
        more = bool(kernel.FindNextStreamW(search, found))
    if search != ctypes.c_void_p(-1).value:
        kernel.FindClose(search)
    return [name for name in names if name]
