# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ODBC drivers for SQL Server: which one there is, and how each gets the same settings.

Some words of their connection strings differ in meaning, and a driver ignores a word that it does not know: FreeTDS
accepts ``Encrypt=yes`` and connects in plain text. So a driver of an unknown kind is refused, and settings that FreeTDS
reads only from freetds.conf are written there.
"""

from __future__ import annotations

import collections.abc as c
import contextlib
import dataclasses
import os
import re
import tempfile
import threading
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.session import NoConnectionError
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.target import Target

APPLICATION = "identityops.groupid"
_WORDS = {"PWD": "password", "UID": "username"}
# The section of our freetds.conf.
_SERVER_NAME = "groupid"

_MICROSOFT_NAME = re.compile(r"ODBC Driver (\d+) for SQL Server", re.IGNORECASE)
_MICROSOFT_LIBRARY = re.compile(r"libmsodbcsql[-.](\d+)[^/]*", re.IGNORECASE)
_OLDEST_MICROSOFT = 17
# Driver 17 takes only the server's own name.
_HOST_NAME_IN_CERTIFICATE = 18
_STRICT = 18
INSTALL = (
    "Install one: 'apt install tdsodbc' (Debian, Ubuntu), 'dnf install freetds' from EPEL (RHEL), or Microsoft's "
    "'msodbcsql18' from packages.microsoft.com. 'odbcinst -q -d' lists what is registered."
)

# Variables of the caller's environment that would change FreeTDS' settings, or let it log the login.
_FREETDS_ENVIRONMENT = ("TDSDUMP", "TDSDUMPCONFIG", "TDSHOST", "TDSPORT", "TDSQUERY", "TDSVER")
_ENVIRONMENT = threading.RLock()


@dataclasses.dataclass(frozen=True)
class Driver:
    """A driver. name: as ODBC knows it, or the library's path. version: Microsoft's major one, 0 for FreeTDS."""

    name: str
    kind: t.Literal["microsoft", "freetds"]
    version: int = 0


def choose_driver(asked: str | None, registered: c.Sequence[str]) -> Driver:
    """Return the requested driver, otherwise the newest of Microsoft's, otherwise FreeTDS.

    asked: a registered name, or the absolute path of a library. registered: names in odbcinst.ini.

    Raises NoConnectionError.
    """
    if asked is not None and asked.startswith("/"):
        if not os.path.isfile(asked):
            raise _no_driver(f"There is no library {asked}", "Check the path in driver, or leave driver out.")
    elif asked is not None and asked not in registered:
        found = ", ".join(registered) or "none"
        raise _no_driver(f"There is no ODBC driver {asked!r}; registered: {found}", INSTALL)
    known = [driver for driver in map(_recognise, [asked] if asked is not None else registered) if driver is not None]
    if asked is not None and not known:
        raise _no_driver(
            f"The ODBC driver {asked!r} is neither Microsoft's (17 or newer) nor FreeTDS",
            "Whether it checks certificates cannot be known. Name one of those, or the path of its library.",
        )
    if not known:
        found = ", ".join(registered) or "none"
        raise _no_driver(f"There is no ODBC driver for SQL Server on this host; registered: {found}", INSTALL)
    return max(known, key=lambda driver: driver.version)


def _recognise(name: str) -> Driver | None:
    library = name.rpartition("/")[2]
    found = _MICROSOFT_LIBRARY.fullmatch(library) if library != name else _MICROSOFT_NAME.fullmatch(name)
    if found is not None:
        return Driver(name, "microsoft", int(found[1])) if int(found[1]) >= _OLDEST_MICROSOFT else None
    return Driver(name, "freetds") if re.search("freetds|tdsodbc", library, re.IGNORECASE) else None


def _no_driver(text: str, next_step: str) -> NoConnectionError:
    return NoConnectionError(
        None, text, code="driver", what="SQL Server cannot be reached over ODBC", next_step=next_step
    )


@contextlib.contextmanager
def connection_string(driver: Driver, target: Target, port: int) -> c.Iterator[str]:
    """Yield the connection string, and meanwhile set the environment that it needs.

    The string contains the password: do not store, log or show it.

    Raises NoConnectionError for what the driver cannot do.
    """
    with tempfile.TemporaryDirectory(prefix="groupid-sql-") as folder:
        if driver.kind == "microsoft":
            parts, environment = _for_microsoft(driver, target, port, folder)
        else:
            parts, environment = _for_freetds(target, port, folder)
        # In a login's own language, numbers in texts (of progress, of the operating system) could not be found.
        parts = {"DRIVER": driver.name, **parts, "DATABASE": "master", "APP": APPLICATION, "LANGUAGE": "us_english"}
        if target.auth == "windows":
            parts["Trusted_Connection"] = "yes"
        else:
            parts.update(UID=target.username or "", PWD=target.password or "")
        written = "".join(f"{name}={written_for(driver, name, value)};" for name, value in parts.items())
        with _environment(environment):
            yield written


def written_for(driver: Driver, name: str, value: str) -> str:
    """Write a value into a connection string: ``pa}ss;`` as ``{pa}}ss;}``.

    FreeTDS undoes the doubling since 1.4 only, so it gets a value bare, or in braces without any to double.

    Raises NoConnectionError for a value that FreeTDS does not accept.
    """
    if driver.kind == "microsoft" or name == "DRIVER":
        return "{" + value.replace("}", "}}") + "}"
    if ";" not in value and not value.startswith("{"):
        return value
    if "}" not in value:
        return "{" + value + "}"
    raise NoConnectionError(
        None,
        f"FreeTDS does not accept a {_WORDS.get(name, name)} that has both }} and ;, or that starts with {{",
        code="driver",
        what="SQL Server cannot be reached over ODBC",
        next_step="Use Microsoft's ODBC driver, or a login without these characters in it.",
    )


def _for_microsoft(
    driver: Driver, target: Target, port: int, folder: str
) -> tuple[dict[str, str], dict[str, str | None]]:
    parts = {
        "SERVER": f"tcp:{target.server},{port}",
        "Encrypt": {"off": "no", "strict": "strict"}.get(target.encrypt, "yes"),
        "TrustServerCertificate": "no" if target.encrypt in ("verified", "strict") else "yes",
        # It would reconnect without notice, and the session would lose its locks and its database.
        "ConnectRetryCount": "0",
    }
    if target.encrypt == "strict" and driver.version < _STRICT:
        raise _not_strict(driver)
    if target.host_name_in_certificate is not None:
        if driver.version < _HOST_NAME_IN_CERTIFICATE:
            raise _cannot_check(driver, "knows no host_name_in_certificate")
        parts["HostNameInCertificate"] = target.host_name_in_certificate
    if target.ca_file is None:
        return parts, {}
    # The driver trusts what OpenSSL trusts: this file, and no folder.
    return parts, {"SSL_CERT_FILE": target.ca_file, "SSL_CERT_DIR": folder}


def _for_freetds(target: Target, port: int, folder: str) -> tuple[dict[str, str], dict[str, str | None]]:
    if target.encrypt == "strict":
        raise _not_strict(Driver("FreeTDS", "freetds"))
    lines = {
        "host": target.server,
        "port": str(port),
        # "auto" would try further versions, and log in again, after a failure.
        "tds version": "7.4",
        # "request" encrypts the login wherever the server can; "off" would send it readable.
        "encryption": "request" if target.encrypt == "off" else "require",
        "client charset": "UTF-8",
        "connect timeout": str(target.login_timeout),
    }
    if target.encrypt == "verified":
        if target.host_name_in_certificate is not None:
            raise _cannot_check(Driver("FreeTDS", "freetds"), "knows no host_name_in_certificate")
        lines["ca file"] = target.ca_file or "system"
        lines["check certificate hostname"] = "yes"
    path = os.path.join(folder, "freetds.conf")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(f"[{_SERVER_NAME}]\n" + "".join(f"{name} = {value}\n" for name, value in lines.items()))
    environment: dict[str, str | None] = dict.fromkeys(_FREETDS_ENVIRONMENT)
    return {"SERVERNAME": _SERVER_NAME}, {**environment, "FREETDSCONF": path}


def check_freetds(version: str) -> None:
    """Refuse a FreeTDS that ignores "ca file", as versions before 1.0 do. version: such as ``01.03.0017``.

    It is known only after the login, so this protects the first statement, but not the login, from a wrong server.

    Raises NoConnectionError.
    """
    if not version.partition(".")[0].isdecimal() or int(version.partition(".")[0]) < 1:
        raise _cannot_check(Driver("FreeTDS", "freetds"), f"of version {version} checks no certificates")


def _not_strict(driver: Driver) -> NoConnectionError:
    return NoConnectionError(
        None,
        f"The ODBC driver {driver.name} does not encrypt strictly (TDS 8.0)",
        code="driver",
        what="SQL Server cannot be reached over ODBC",
        next_step="Use Microsoft's ODBC Driver 18 or newer, or, where the server does not force strict encryption, set "
        "encrypt to verified.",
    )


def _cannot_check(driver: Driver, why: str) -> NoConnectionError:
    return NoConnectionError(
        None,
        f"The ODBC driver {driver.name} {why}",
        code="certificate",
        what="The server's certificate cannot be checked as requested",
        next_step="Use Microsoft's ODBC Driver 18, connect by the name that the certificate carries, or, if the "
        "network to the server can be trusted, set encrypt to unverified.",
    )


@contextlib.contextmanager
def _environment(changes: c.Mapping[str, str | None]) -> c.Iterator[None]:
    """Change the process' environment for a while; None removes a variable."""
    with _ENVIRONMENT:
        before = {name: os.environ.get(name) for name in changes}
        try:
            _set_environment(changes)
            yield
        finally:
            _set_environment(before)


def _set_environment(values: c.Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
