# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ODBC drivers that tests talk to the double with: FreeTDS of the system, and Microsoft's.

Microsoft's is the system's, or the library in the package mssql-python-odbc of PyPI.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import pathlib

import pyodbc

_SYSTEMS = ("debian_ubuntu", "rhel", "suse")


@dataclasses.dataclass(frozen=True)
class Driver:
    """A driver. ``value``: as pyodbc takes it, empty when it is not here. ``install``: how to get it."""

    name: str
    value: str
    install: str

    def connection_string(
        self, port: int, user: str, password: str, *, tls: bool = False, database: str = "", version: str = "7.4"
    ) -> str:
        """Write what connects to the double; with ``tls`` its certificate is not checked. ``version``: for FreeTDS."""
        named = f"DATABASE={database};" if database else ""
        if self.name == "FreeTDS":
            # It undoes no doubling of braces, and takes a brace at the very end for part of the value.
            secret = f"{{{password}}}" if ";" in password else password
            encryption = "Encryption=require;" if tls else ""
            where = f"DRIVER={{{self.value}}};SERVER=127.0.0.1;PORT={port};TDS_Version={version};{encryption}{named}"
            return f"{where}UID={user};PWD={secret};"
        escaped = password.replace("}", "}}")
        encryption = f"Encrypt={'yes' if tls else 'no'};TrustServerCertificate=yes;{named}"
        return f"DRIVER={self.value};SERVER=tcp:127.0.0.1,{port};{encryption}UID={user};PWD={{{escaped}}};"


def freetds() -> Driver:
    """Find FreeTDS."""
    found = "FreeTDS" if "FreeTDS" in pyodbc.drivers() else ""
    return Driver("FreeTDS", found, "apt install tdsodbc unixodbc")


def microsoft() -> Driver:
    """Find Microsoft's driver: of the system, else the library in the package from PyPI."""
    found = next((name for name in sorted(pyodbc.drivers(), reverse=True) if name.endswith("for SQL Server")), "")
    spec = importlib.util.find_spec("mssql_python_odbc")
    if found:
        found = f"{{{found}}}"
    elif spec and spec.origin:
        root = pathlib.Path(spec.origin).parent
        libraries = [
            str(path)
            for system in _SYSTEMS
            for path in sorted(root.glob(f"libs/linux/{system}/*/lib/libmsodbcsql-*.so.*"))
        ]
        found = next(iter(libraries), "")
    return Driver("Microsoft", found, "pip install --no-deps mssql-python-odbc; apt install libltdl7 libgssapi-krb5-2")


def drivers() -> tuple[Driver, ...]:
    """Return both, whether they are here or not."""
    return freetds(), microsoft()
