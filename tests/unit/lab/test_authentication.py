# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTPS and NTLM as pywinrm and requests_ntlm, unmodified, see them."""

from __future__ import annotations

import collections.abc as c
import pathlib
import socket
import ssl
import threading

import pytest
import requests
from unit.lab.test_winrs import run
from winrm.exceptions import InvalidCredentialsError, WinRMTransportError

from lab import wsman
from lab.server import Endpoint
from lab.sql.server import make_certificate

ENCRYPTED = {"transport": "ntlm", "message_encryption": "always"}


@pytest.fixture
def secure(served, tmp_path: pathlib.Path) -> c.Iterator[tuple[str, str]]:
    """The address of the same hosts over TLS, and the file with the certificate."""
    certificate = make_certificate(tmp_path)
    endpoint = Endpoint(
        served.hosts.values(), {wsman.WINRS_RESOURCE: served.winrs.handle}, [served.recorder], certificate=certificate
    )
    endpoint.start()
    yield f"https://127.0.0.1:{endpoint.https_port}/wsman", str(certificate[0])
    endpoint.stop()


@pytest.fixture
def wire(served) -> c.Iterator[tuple[str, bytearray]]:
    """An address that hands everything on to the endpoint, and all bytes that went through, in both directions."""
    seen = bytearray()
    listener = socket.create_server(("127.0.0.1", 0))

    def pump(source: socket.socket, target: socket.socket) -> None:
        while data := source.recv(65536):
            seen.extend(data)
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)

    def serve() -> None:
        while True:
            try:
                client, dummy = listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", served.endpoint.port))
            for ends in ((client, server), (server, client)):
                threading.Thread(target=pump, args=ends, daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/wsman", seen
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def test_tls_with_a_certificate_that_the_client_trusts(served, secure: tuple[str, str]) -> None:
    url, ca_file = secure
    client = served.client(url=url, server_cert_validation="validate", ca_trust_path=ca_file)
    assert run(client, "cat; exit 3", b"over TLS\n") == ("over TLS\n", "", 3)


def test_tls_with_a_certificate_that_nobody_vouches_for(
    served, secure: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    with pytest.raises(requests.exceptions.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        served.client(url=secure[0], server_cert_validation="validate").open_shell()


def test_a_client_that_says_nothing_keeps_no_other_waiting(served, secure: tuple[str, str]) -> None:
    url, ca_file = secure
    port = int(url.split(":")[2].partition("/")[0])
    with socket.create_connection(("127.0.0.1", port)):
        client = served.client(url=url, server_cert_validation="validate", ca_trust_path=ca_file)
        assert run(client, "echo served")[0] == "served\n"


def test_plain_http_on_the_port_of_tls_gets_nothing(secure: tuple[str, str]) -> None:
    with pytest.raises((requests.ConnectionError, ssl.SSLError)):
        requests.post(secure[0].replace("https", "http"), timeout=60)


@pytest.mark.parametrize("size", [1, 100, 250_000])
def test_ntlm_encrypts_both_directions(served, wire: tuple[str, bytearray], size: int) -> None:
    url, seen = wire
    secret = "b" * size
    client = served.client("h07", url=url, **ENCRYPTED)
    assert run(client, "cat; echo $LAB_HOST >&2; exit 5", secret.encode()) == (secret, "h07\n", 5)
    assert b"multipart/encrypted" in seen
    assert b"Envelope" not in seen
    assert {entry.host for entry in served.recorder.entries()} == {"h07"}


@pytest.mark.timing
def test_ntlm_passes_on_faults(served) -> None:
    assert run(served.client(timeout=1, **ENCRYPTED), "sleep 1.5; echo done")[0] == "done\n"
    *waited, last = [entry.status for entry in served.recorder.entries(action="Receive")]
    assert (set(waited), last) == ({500}, 200)


def test_ntlm_with_a_wrong_password(served) -> None:
    with pytest.raises(InvalidCredentialsError):
        served.client(password="wrong", **ENCRYPTED).open_shell()
    assert served.recorder.entries() == []


def test_ntlm_without_encryption_is_refused(served) -> None:
    with pytest.raises(WinRMTransportError, match="500"):
        served.client(transport="ntlm", message_encryption="never").open_shell()
    assert served.recorder.entries() == []


def test_ntlm_inside_tls_needs_no_encryption_of_its_own(served, secure: tuple[str, str]) -> None:
    url, ca_file = secure
    trusted = {"server_cert_validation": "validate", "ca_trust_path": ca_file}
    assert run(served.client(url=url, transport="ntlm", **trusted), "echo fine")[0] == "fine\n"


def test_many_hosts_at_once_keep_their_keys_apart(served) -> None:
    clients = {name: served.client(name, **ENCRYPTED) for name in list(served.hosts)[:10]}
    found: dict[str, str] = {}

    def task(name: str) -> None:
        found[name] = run(clients[name], "echo $LAB_HOST")[0]

    threads = [threading.Thread(target=task, args=(name,)) for name in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {name: f"{name}\n" for name in clients}
