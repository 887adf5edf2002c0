# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The most likely causes if a host refused the login or was not reached, and how to find out which it is.

Sources: Ansible's docs (windows_winrm, windows_ssh; connection plugins winrm, psrp, ssh), Microsoft's docs
("Installation and configuration for Windows Remote Management", "OpenSSH for Windows", event 4625), and the texts of
pywinrm, pypsrp, requests, krb5 and OpenSSH.
"""

from __future__ import annotations

import collections.abc as c
import dataclasses
import re
import shlex
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.module_utils.network.endpoint import host_port

Kind = t.Literal[
    "library",
    "name",
    "host_key",
    "tls",
    "refused",
    "route",
    "timeout",
    "cut",
    "kerberos",
    "login",
    "http",
    "connection",
]

WORDS_AT_MOST = 150
"""Number of characters of the connection plugin's message that are kept."""


@dataclasses.dataclass(frozen=True)
class ConnectionSettings:
    """How a host is reached. transport: the connection plugin. auth: as in the inventory, or empty.

    port: None for the default of the plugin. scheme: of WinRM and psrp. None for the one that belongs to the port.
    """

    transport: str
    host: str
    port: int | None = None
    auth: str = ""
    scheme: str | None = None

    @property
    def is_ssh(self) -> bool:
        return self.transport.rpartition(".")[2] in ("ssh", "paramiko_ssh", "paramiko")

    @property
    def known_port(self) -> int:
        return self.port or (22 if self.is_ssh else 5986)

    @property
    def url(self) -> str:
        """Address of WinRM."""
        scheme = self.scheme or ("http" if self.known_port in (80, 5985) else "https")
        return f"{scheme}://{self.socket}/wsman"

    @property
    def socket(self) -> str:
        return host_port(self.host, self.known_port)

    def __str__(self) -> str:
        return f"{self.socket} ({', '.join(filter(None, (self.transport, self.auth)))})"


@dataclasses.dataclass(frozen=True)
class Advice:
    """The three most likely causes, and a command that shows which it is, with {host}, {port}, {socket} and {url}."""

    causes: tuple[str, str, str]
    command: str


# In the order of the search: the text of a library may match several kinds, and the first match says the most.
_KINDS: t.Final[tuple[tuple[Kind, re.Pattern[str]], ...]] = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in t.cast(
        "tuple[tuple[Kind, str], ...]",
        (
            ("library", r"is not installed|No module named|install the sshpass program"),
            (
                "name",
                r"Name or service not known|name resolution|Could not resolve hostname|NameResolutionError|getaddrinfo"
                r"|nodename nor servname|No address associated",
            ),
            ("host_key", r"Host key verification failed|HOST IDENTIFICATION HAS CHANGED"),
            ("tls", r"CERTIFICATE_VERIFY_FAILED|certificate verify failed|SSLError|\[SSL|doesn't match"),
            ("refused", r"Connection refused|actively refused|Errno 111\b"),
            ("route", r"No route to host|Network is unreachable|Host is down|Errno 11[32]\b|Errno 101\b"),
            (
                "kerberos",
                r"Kerberos auth failure|kinit|Kerberos database|Kerberos credentials|GSS failure|GSSError|krb5|KDC\b"
                r"|Clock skew|Preauthentication failed|credentials? cache|Ticket expired",
            ),
            (
                "login",
                r"credentials were rejected|Permission denied|failed to authenticate|incorrect (?:username/)?password"
                r"|requires a (?:username|password)|Too many authentication failures|Access is denied|\b401\b"
                r"|did not response with one of",
            ),
            ("timeout", r"timed? ?out"),
            (
                "cut",
                r"Connection reset|Connection aborted|RemoteDisconnected|kex_exchange_identification|Connection closed"
                r"|Broken pipe",
            ),
            ("http", r"Bad HTTP response|WSManFault|wsmanfault|Code: ?\d"),
        ),
    )
)

_LOG = (
    "on the server: Get-WinEvent -MaxEvents 5 -FilterHashtable @{{LogName='Security';Id=4625}} | fl Message "
    "(Sub Status 0xC0000064 no such user, 0xC000006A wrong password, 0xC0000234 locked)"
)
_ANSWERS = "curl -sk -m 10 -o /dev/null -w '%{{http_code}}' {url} (401 or 405: WinRM answers; 000: nothing answers)"
_LISTENERS = "nc -vz {host} {port}, and on the server: winrm enumerate winrm/config/listener"
_TICKET = "kinit USER@REALM && kvno HTTP/{host} && klist"

# By kind, and then by auth, "ssh" or "wsman" (winrm and psrp).
TABLE: t.Final[c.Mapping[tuple[Kind, str], Advice]] = {
    ("login", "ntlm"): Advice(
        (
            "user or password is wrong (a domain's user is DOMAIN\\user)",
            "the account is locked, disabled or expired",
            "it has no right to log on over the network",
        ),
        _LOG,
    ),
    ("login", "kerberos"): Advice(
        (
            "the account is in neither Administrators nor Remote Management Users there",
            "the name is not a service principal name of the server (HTTP/host.domain)",
            "WinRM there does not allow Kerberos",
        ),
        _TICKET,
    ),
    ("login", "basic"): Advice(
        (
            "it is a domain account (basic accepts only local accounts)",
            "user or password is wrong",
            "WinRM there does not allow Basic, or allows it only over HTTPS",
        ),
        "on the server: winrm get winrm/config/service (Auth/Basic, AllowUnencrypted)",
    ),
    ("login", "credssp"): Advice(
        (
            "user or password is wrong",
            "CredSSP is off there (Enable-WSManCredSSP -Role Server)",
            "the account is locked, disabled or expired",
        ),
        "on the server: winrm get winrm/config/service/auth (CredSSP)",
    ),
    ("login", "certificate"): Advice(
        (
            "the certificate is not mapped to a user there, or the password of that user was changed later",
            "its issuer is not trusted there, or it is not for client authentication",
            "WinRM there does not allow Certificate",
        ),
        "on the server: winrm enumerate winrm/config/service/certmapping",
    ),
    ("login", "wsman"): Advice(
        (
            "user or password is wrong",
            "the account is locked, or in neither Administrators nor Remote Management Users there",
            "WinRM there does not allow this way to log in",
        ),
        _LOG,
    ),
    ("login", "ssh"): Advice(
        (
            "user, password or key is wrong",
            "the key of an administrator is not in C:\\ProgramData\\ssh\\administrators_authorized_keys",
            "sshd_config does not allow the user, or this way to log in",
        ),
        "ssh -v -p {port} USER@{host} exit",
    ),
    ("kerberos", "wsman"): Advice(
        (
            "there is no valid ticket, or the password is wrong or expired",
            "clocks differ by more than 5 minutes",
            "the server is not named by its full name, or /etc/krb5.conf does not know its realm",
        ),
        _TICKET,
    ),
    ("tls", "wsman"): Advice(
        (
            "the certificate is self-signed, or from an authority that is not trusted here",
            "it has expired, or is for another name than {host}",
            "the port speaks plain HTTP",
        ),
        "openssl s_client -connect {socket} -showcerts </dev/null",
    ),
    ("name", "wsman"): Advice(
        (
            "the name is misspelled (ansible_host)",
            "the DNS server of this machine does not know it",
            "its domain is missing",
        ),
        "getent hosts {host}",
    ),
    ("refused", "wsman"): Advice(
        (
            "WinRM is not running there, or has no listener on this port",
            "the inventory has the wrong port (HTTP is 5985, HTTPS 5986)",
            "a firewall rejects it",
        ),
        _LISTENERS,
    ),
    ("refused", "ssh"): Advice(
        (
            "sshd is not running or not installed there (OpenSSH Server is an optional feature)",
            "the inventory has the wrong port",
            "a firewall rejects it",
        ),
        "nc -vz {host} {port}, and on the server: Get-Service sshd",
    ),
    ("route", "wsman"): Advice(
        (
            "the server is off",
            "this machine has no route to its network (VPN, address)",
            "a firewall rejects it",
        ),
        "ping -c 3 {host}; nc -vz {host} {port}",
    ),
    ("timeout", "wsman"): Advice(
        (
            "the server is off, or the address belongs to another computer",
            "a firewall blocks the port (on public networks Windows allows only the local subnet)",
            "the server is too busy",
        ),
        _ANSWERS,
    ),
    ("timeout", "ssh"): Advice(
        (
            "the server is off, or the address belongs to another computer",
            "a firewall blocks the port",
            "the server is too busy",
        ),
        "nc -vz -w 10 {host} {port}, and on the server: Get-Service sshd",
    ),
    ("host_key", "ssh"): Advice(
        (
            "its key is not in known_hosts yet",
            "the server was reinstalled",
            "another machine answers under this name",
        ),
        "ssh-keyscan -p {port} {host} | ssh-keygen -lf - (on the server: ssh-keygen -lf on the .pub files in "
        "C:\\ProgramData\\ssh)",
    ),
    ("cut", "wsman"): Advice(
        (
            "a proxy or firewall in between cuts the connection",
            "WinRM or the server is starting or stopping",
            "another program uses the port",
        ),
        _ANSWERS,
    ),
    ("cut", "ssh"): Advice(
        (
            "sshd accepts no more connections now (MaxStartups), or is starting or stopping",
            "its host keys cannot be read, so it closes every connection",
            "another program uses the port",
        ),
        "ssh -v -p {port} USER@{host} exit, and on the server: Get-WinEvent OpenSSH/Operational -MaxEvents 10",
    ),
    ("http", "wsman"): Advice(
        (
            "a quota of WinRM is used up (shells or processes of the user, memory)",
            "the account is in neither Administrators nor Remote Management Users there",
            "the path is not WinRM's (/wsman)",
        ),
        "on the server: winrm get winrm/config/winrs",
    ),
    ("library", "wsman"): Advice(
        (
            "pywinrm or pypsrp is not installed for the Python of Ansible",
            "its extra is not installed (pywinrm[kerberos], pywinrm[credssp], pypsrp[kerberos])",
            "it is installed for another Python",
        ),
        "ansible --version (shows its Python; run that Python with -m pip list)",
    ),
    ("library", "ssh"): Advice(
        (
            "sshpass is not installed (it is needed for passwords)",
            "the inventory has a password where a key is meant",
            "ssh_executable names another program",
        ),
        "command -v ssh sshpass",
    ),
    ("connection", "wsman"): Advice(
        (
            "WinRM is not running there, or has no listener on this port",
            "a firewall or proxy blocks the connection",
            "the inventory has the wrong host or port",
        ),
        _ANSWERS,
    ),
    ("connection", "ssh"): Advice(
        (
            "sshd is not running there, or listens on another port",
            "a firewall blocks the connection",
            "the inventory has the wrong host or port",
        ),
        "ssh -v -p {port} USER@{host} exit",
    ),
}

# Other names for the same, used by pywinrm and psrp.
_AUTHS: t.Final[c.Mapping[str, str]] = {"plaintext": "basic", "ssl": "basic", "negotiate": "ntlm"}

_NOISE = re.compile(r"(?:debug\d:|OpenSSH_|Warning: Permanently added|\*\* ).*", re.IGNORECASE)
_PLUGIN = re.compile(
    r"\A(?:Failed to authenticate: )?(?:Failed to connect to the host via (?:ssh|PSRP): )?", re.IGNORECASE
)
_AUTH = re.compile(r"(basic|plaintext|ssl|ntlm|kerberos|credssp|certificate): ")
_POOL = re.compile(r"HTTPS?Connection(?:Pool)?\([^)]*\): (?:Max retries exceeded with url: \S+ )?")
_OBJECT = re.compile(r"<?[\w.]*\b\w+ object at 0x[0-9a-f]+>?(?:, |: )?")
_GSS = re.compile(r"\(+'Unspecified GSS failure[^)]*\), ")
_CAUSED = re.compile(r"\(?Caused by \w+\(['\"]?")
_SPACE = re.compile(r"[\x00-\x20\x7f-\xa0]+")


def connection_failure(text: str, settings: ConnectionSettings, *, login: bool = False) -> Failure:
    """Return why a host was not reached, in one line of at most about 600 characters.

    text: message of the connection plugin, without secrets. login: the plugin reports that the login was refused.
    """
    words = _words(text)
    settings = dataclasses.replace(settings, host=_one_line(settings.host), auth=_one_line(settings.auth))
    named = _AUTH.match(words)
    if named:
        words = words[named.end() :]
        settings = dataclasses.replace(settings, auth=settings.auth or named[1])
    kind = _kind(words, login)
    known = _advice(kind, settings)
    where = {
        "host": shlex.quote(settings.host),
        "port": settings.known_port,
        "socket": shlex.quote(settings.socket),
        "url": shlex.quote(settings.url),
    }
    *first, last = known.causes
    return Failure(
        kind,
        "The host refused the login" if kind == "login" else "The host was not reached",
        _short(words),
        f"Likely {'; '.join(first)}; or {last}. To find out: {known.command}.".format(**where),
        path=str(settings),
    )


def _kind(words: str, login: bool) -> Kind:
    found = next((kind for kind, pattern in _KINDS if pattern.search(words)), None)
    return found or ("login" if login else "connection")


def _advice(kind: Kind, settings: ConnectionSettings) -> Advice:
    family = "ssh" if settings.is_ssh else "wsman"
    auth = settings.auth.partition(",")[0].strip()
    keys = (_AUTHS.get(auth, auth), family) if not settings.is_ssh else (family,)
    found = next((TABLE[kind, key] for key in keys if (kind, key) in TABLE), None)
    return found or TABLE.get((kind, "wsman")) or TABLE["connection", family]


def _words(text: str) -> str:
    """Return the informative part of a text, in one line."""
    lines = (line for line in _PLUGIN.sub("", text).splitlines() if not _NOISE.match(line.strip()))
    words = " ".join(lines)
    for pattern in (_CAUSED, _POOL, _OBJECT, _GSS):
        words = pattern.sub("", words)
    return _one_line(words)


def _one_line(text: str) -> str:
    return _SPACE.sub(" ", text).strip()


def _short(words: str) -> str:
    words = words.lstrip("'\"")
    while words and (words[-1] in "'\"" or (words[-1] == ")" and words.count("(") < words.count(")"))):
        words = words[:-1]
    return words if len(words) <= WORDS_AT_MOST else f"{words[:WORDS_AT_MOST]}..."
