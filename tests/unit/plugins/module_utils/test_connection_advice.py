# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is advised when a host refuses the login or is not reached, by the texts that libraries really have."""

from __future__ import annotations

import pytest

from ansible_collections.identityops.groupid.plugins.module_utils.connection_advice import (
    TABLE,
    WORDS_AT_MOST,
    ConnectionSettings,
    connection_failure,
)

HOST = "groupid-web01.headquarters.corp.example"
WINRM = ConnectionSettings("winrm", HOST, 5986)
PSRP = ConnectionSettings("psrp", HOST, 5986, "negotiate", "https")
SSH = ConnectionSettings("ssh", HOST, 22)
POOL = f"HTTPSConnectionPool(host='{HOST}', port=5986): Max retries exceeded with url: /wsman (Caused by "
OBJECT = "<urllib3.connection.HTTPSConnection object at 0x7f33c4a41d30>"
NOBODY = f"{POOL}NewConnectionError('{OBJECT}: Failed to establish a new connection: [Errno 111] Connection refused'))"
# As urllib3 2 writes it since its release 2.4.
NOBODY_NOW = (
    f"{POOL}NewConnectionError(\"HTTPSConnection(host='{HOST}', port=5986): Failed to establish a new connection: "
    '[Errno 111] Connection refused"))'
)
SILENCE = f"{POOL}ConnectTimeoutError({OBJECT}, 'Connection to {HOST} timed out. (connect timeout=30)'))"
NO_NAME = f"{POOL}NameResolutionError(\"{OBJECT}: Failed to resolve '{HOST}' ([Errno -2] Name or service not known)\"))"
SELF_SIGNED = (
    f"{POOL}SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: "
    "self-signed certificate (_ssl.c:1010)')))"
)
NOT_TLS = f"{POOL}SSLError(SSLError(1, '[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1010)')))"
REJECTED = "the specified credentials were rejected by the server"
FOUND_NO_SERVER = (
    "authGSSClientStep() failed: (('Unspecified GSS failure.  Minor code may provide more information', 851968), "
    "('Server not found in Kerberos database', -1765328377))"
)
KINIT = "Kerberos auth failure for principal admin@CORP.EXAMPLE with subprocess: kinit: Preauthentication failed while"
VIA_SSH = "Failed to connect to the host via ssh: "

SEEN = [
    (WINRM, f"ntlm: {REJECTED}", "login", "0xC000006A wrong password"),
    (WINRM, f"basic: {REJECTED}", "login", "AllowUnencrypted"),
    (WINRM, f"plaintext: {REJECTED}", "login", "basic accepts only local accounts"),
    (WINRM, f"ssl: {REJECTED}", "login", "basic accepts only local accounts"),
    (WINRM, f"credssp: {REJECTED}", "login", "Enable-WSManCredSSP"),
    (WINRM, f"certificate: {REJECTED}", "login", "certmapping"),
    (WINRM, f"kerberos: {REJECTED}", "login", "service principal name"),
    (WINRM, "ntlm: auth method ntlm requires a password", "login", "password is wrong"),
    (WINRM, f"ntlm: {NOBODY}", "refused", "winrm enumerate winrm/config/listener"),
    (WINRM, f"ntlm: {NOBODY_NOW}", "refused", "winrm enumerate winrm/config/listener"),
    (WINRM, f"kerberos: {NOBODY}", "refused", "5985"),
    (WINRM, f"ntlm: {SILENCE}", "timeout", f"https://{HOST}:5986/wsman"),
    (WINRM, f"ntlm: {NO_NAME}", "name", "getent hosts"),
    (WINRM, f"ntlm: {SELF_SIGNED}", "tls", "openssl s_client"),
    (WINRM, f"ntlm: {NOT_TLS}", "tls", "speaks plain HTTP"),
    (WINRM, f"kerberos: {FOUND_NO_SERVER}", "kerberos", "kinit"),
    (WINRM, f"{KINIT} getting initial credentials", "kerberos", "expired"),
    (WINRM, "ntlm: ('Connection aborted.', RemoteDisconnected('Remote end closed connection'))", "cut", "proxy"),
    (WINRM, "ntlm: Bad HTTP response returned from server. Code 500", "http", "winrm/config/winrs"),
    (WINRM, "winrm or requests is not installed: No module named 'winrm'", "library", "pywinrm"),
    (WINRM, "the connection attempt timed out", "timeout", "curl"),
    (
        WINRM,
        "ntlm: [Errno 113] No route to host",
        "route",
        "ping",
    ),
    (PSRP, f"Failed to connect to the host via PSRP: {NOBODY}", "refused", "listener"),
    (PSRP, f"Failed to connect to the host via PSRP: {SILENCE}", "timeout", "curl"),
    (
        PSRP,
        "failed to authenticate with the server: Failed to authenticate the user corp\\admin with negotiate",
        "login",
        "4625",
    ),
    (
        PSRP,
        "failed to authenticate with the server: The server did not response with one of the following authentication "
        "methods Negotiate, Kerberos, NTLM - actual: 'Basic realm=\"WSMAN\"'",
        "login",
        "wrong",
    ),
    (
        PSRP,
        "psrp connection failure during runspace open: Bad HTTP response returned from the server. Code: 503, "
        "Content: ''",
        "http",
        "quota",
    ),
    (SSH, f"{VIA_SSH}ssh: connect to host {HOST} port 22: Connection refused", "refused", "Get-Service sshd"),
    (SSH, f"{VIA_SSH}ssh: connect to host {HOST} port 22: Connection timed out", "timeout", "nc -vz"),
    (SSH, f"{VIA_SSH}ssh: connect to host {HOST} port 22: No route to host", "route", "ping"),
    (
        SSH,
        f"{VIA_SSH}ssh: Could not resolve hostname {HOST}: Name or service not known",
        "name",
        "getent",
    ),
    (
        SSH,
        f"{VIA_SSH}Warning: Permanently added '{HOST}' (ED25519) to the list of known hosts.\r\n"
        f"admin@{HOST}: Permission denied (publickey,gssapi-keyex,gssapi-with-mic,password,keyboard-interactive).",
        "login",
        "administrators_authorized_keys",
    ),
    (
        SSH,
        f"{VIA_SSH}OpenSSH_9.2p1\r\ndebug1: Unspecified GSS failure.  Minor code may provide more information\n"
        f"debug1: No Kerberos credentials available\r\nadmin@{HOST}: Permission denied (publickey).",
        "login",
        "ssh -v -p 22",
    ),
    (
        SSH,
        "Invalid/incorrect username/password. Skipping remaining 5 retries to prevent account lockout: "
        "Permission denied, please try again.",
        "login",
        "wrong",
    ),
    (SSH, f"{VIA_SSH}Host key verification failed.", "host_key", "ssh-keyscan"),
    (SSH, f"{VIA_SSH}kex_exchange_identification: Connection closed by remote host", "cut", "MaxStartups"),
    (
        SSH,
        "to use the 'ssh' connection type with passwords, you must install the sshpass program",
        "library",
        "sshpass",
    ),
    (SSH, f"{VIA_SSH}Something new", "connection", "ssh -v"),
    (WINRM, "ntlm: Something new", "connection", "curl"),
]


@pytest.mark.parametrize(
    ("settings", "text", "kind", "words"), SEEN, ids=lambda value: value if isinstance(value, str) else ""
)
def test_each_text_gets_its_causes_and_a_command(
    settings: ConnectionSettings, text: str, kind: str, words: str
) -> None:
    failure = connection_failure(text, settings)
    reported = str(failure)
    assert failure.code == kind
    assert words in failure.next
    assert f"{settings.host}:{settings.port}" in reported
    assert settings.transport in reported
    assert len(failure.cause) <= WORDS_AT_MOST + len("...")
    assert not any(noise in failure.cause for noise in ("0x7f", "Max retries", "debug1", "Permanently added"))
    assert reported.count("\n") == 0
    assert len(reported) <= 600
    assert "{" not in reported.replace("@{LogName", "").replace("%{http_code}", "")


def test_every_advice_fits_a_line() -> None:
    for (kind, name), advice in TABLE.items():
        assert len(set(advice.causes)) == 3
        assert len("".join(advice.causes) + advice.command) <= 400, (kind, name)


def test_the_way_to_log_in_is_the_inventory_s_or_else_the_plugin_s() -> None:
    text = f"ntlm: {REJECTED}"
    assert "(winrm, ntlm)" in str(connection_failure(text, WINRM))
    assert "(winrm, kerberos)" in str(connection_failure(text, ConnectionSettings("winrm", HOST, 5986, "kerberos")))


def test_the_plugin_s_word_that_the_login_was_refused_counts() -> None:
    assert connection_failure("No.", SSH, login=True).code == "login"
    assert connection_failure("No.", SSH).code == "connection"


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        (ConnectionSettings("winrm", "web01", 5985), "http://web01:5985/wsman"),
        (ConnectionSettings("winrm", "web01"), "https://web01:5986/wsman"),
        (ConnectionSettings("winrm", "fe80::1", 5986), "'https://[fe80::1]:5986/wsman'"),
        (ConnectionSettings("psrp", "web01", 8443, scheme="http"), "http://web01:8443/wsman"),
    ],
)
def test_where_winrm_listens(settings: ConnectionSettings, url: str) -> None:
    assert f" {url} " in connection_failure("ntlm: the connection attempt timed out", settings).next


def test_a_hostile_name_stays_one_word_of_one_line() -> None:
    reported = str(connection_failure(f"ntlm: {SILENCE}", ConnectionSettings("winrm", "web01;reboot\n{port}", 5986)))
    assert "\n" not in reported
    assert "'https://web01;reboot" in reported
