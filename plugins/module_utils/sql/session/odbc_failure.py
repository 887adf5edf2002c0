# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a login over ODBC failed.

Drivers say little (FreeTDS says "Unable to connect to data source" for a refused certificate, an unknown name and a
closed port alike), so the missing details are found out after a failure.
"""

from __future__ import annotations

import re
import socket

from ansible_collections.identityops.groupid.plugins.module_utils.network.endpoint import unreached
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session import tls as sql_tls
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.errors import ADVICE
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.odbc_driver import Driver
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.session import Message, NoConnectionError
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.target import Target

_KERBEROS = re.compile(r"kerberos|gss|sspi|credentials? cache", re.IGNORECASE)
_GLANCE = 1
_LOGIN = frozenset({4060, 4064, 17892, *range(18450, 18490)})


def explain_refusal(error: Message, driver: Driver, target: Target, port: int) -> NoConnectionError:
    """Find out why the driver could not connect. error: the driver's, free of secrets."""
    what = f"No connection to SQL Server {target} with the driver {driver.name}"
    known = ADVICE.get(error.number or 0)
    if known is not None:
        code = "login" if error.number in _LOGIN else f"sql_{error.number}"
        return NoConnectionError(error.number, error.text, code=code, what=what, next_step=known.said)
    if target.auth == "windows" and _KERBEROS.search(error.text):
        return _no_ticket(error.text, what)
    return (
        _try_port(target, port, target.login_timeout, what)
        or _bad_certificate(error, target, port, what)
        or _too_slow(error, target, what)
        or _unknown(error, target, what)
    )


def _no_ticket(text: str, what: str) -> NoConnectionError:
    return NoConnectionError(
        None,
        text,
        code="kerberos",
        what=what,
        next_step="There is no valid Kerberos ticket. Get one with kinit as the user that runs Ansible (klist shows "
        "it); the server must be named as in its service principal name, MSSQLSvc/host.domain:port.",
    )


def refused_port(target: Target, port: int) -> NoConnectionError | None:
    """Return the failure of a port that refuses connections; None if it does not, or does not answer within a second.

    Microsoft's driver tries such a port again until the login timeout is over. While a server restarts, it must be
    tried again much sooner.
    """
    found = _try_port(target, port, _GLANCE, f"No connection to SQL Server {target}")
    return found if found is not None and found.code == "refused" else None


def _try_port(target: Target, port: int, seconds: int, what: str) -> NoConnectionError | None:
    """Try the port itself. None if something answers there."""
    try:
        socket.create_connection((target.server, port), timeout=seconds).close()
    except OSError as problem:
        code, text, step = unreached(
            problem,
            target.server,
            port,
            seconds,
            place=f"{target.server}, TCP port {port}",
            name=f"Check the name of the server, and DNS. To find out: getent hosts {target.server}.",
            refused="SQL Server is not running, listens on another port, or has TCP/IP off (as Express after "
            "installation): see SQL Server Configuration Manager. A named instance has its own port: give instance or "
            "port.",
            silent="Check that the server is up, and no firewall blocks it.",
        )
        return NoConnectionError(None, text, code=code, what=what, next_step=step)
    return None


def _bad_certificate(error: Message, target: Target, port: int, what: str) -> NoConnectionError | None:
    """Look at the server's certificate as the driver should have. None if encryption is not the problem."""
    found = sql_tls.probe_tls(target, port)
    if found.outdated:
        return NoConnectionError(
            None,
            f"{target} and this host have no common version of TLS, or the server's TLS is too weak for this host: "
            f"{found.outdated}",
            code="encryption",
            what=what,
            next_step="Bring SQL Server up to date so that it speaks TLS 1.2 (2012 and 2014 need an update for that), "
            "and give it a certificate with a key of 2048 bits or more, signed with SHA-256. The login is encrypted "
            f"with encrypt: off too. The driver said: {error.text.rstrip('.')}.",
        )
    if found.encryption == "strict" and target.encrypt != "strict":
        return NoConnectionError(
            None,
            f"{target} forces strict encryption (TDS 8.0)",
            code="encryption",
            what=what,
            next_step="Set encrypt to strict, with Microsoft's ODBC Driver 18 or newer.",
        )
    if target.encrypt == "off":
        return None
    if found.encryption == "none":
        return NoConnectionError(
            None,
            f"{target} does not encrypt connections",
            code="encryption",
            what=what,
            next_step="Turn encryption on in SQL Server (it makes itself a certificate when it has none), or, if the "
            "network to the server can be trusted, set encrypt to off.",
        )
    # Microsoft's driver is the stricter one: it compares an IP address with no name in a certificate.
    problem = found.problem or (error.text if "certificate" in error.text else None)
    if target.encrypt == "strict" and found.encryption != "strict":
        return NoConnectionError(
            None,
            f"{target} does not encrypt strictly (TDS 8.0), which SQL Server does since 2022",
            code="encryption",
            what=what,
            next_step=f"Set encrypt to verified. The driver said: {error.text.rstrip('.')}.",
        )
    if target.encrypt == "unverified" or problem is None:
        return None
    return NoConnectionError(
        None,
        f"The certificate of {target} is not trusted: {problem}",
        code="certificate",
        what=what,
        next_step="Name the certificate authority's PEM file in ca_file, and connect by a name that the certificate "
        "carries (or give it in host_name_in_certificate, with Microsoft's driver). If the network to the server "
        "can be trusted, set encrypt to unverified. "
        f"The driver said: {error.text.rstrip('.')}.",
    )


def _too_slow(error: Message, target: Target, what: str) -> NoConnectionError | None:
    if "timeout" not in error.text.lower():
        return None
    return NoConnectionError(
        None,
        f"{error.text}: {target} did not finish the login within {target.login_timeout} seconds",
        code="timeout",
        what=what,
        next_step="The port answers. The server is busy or starting, or it is another program's port: check that, or "
        "raise login_timeout.",
    )


def _unknown(error: Message, target: Target, what: str) -> NoConnectionError:
    if target.auth == "windows":
        return _no_ticket(error.text, what)
    return NoConnectionError(
        error.number,
        error.text,
        code="connection",
        what=what,
        next_step="The port answers. Check that it is SQL Server's, and read the server's error log.",
    )
