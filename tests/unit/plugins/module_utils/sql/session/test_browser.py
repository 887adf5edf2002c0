# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SQL Server Browser, spoken to over UDP."""

from __future__ import annotations

import collections.abc as c
import contextlib
import socket
import threading

import pytest

from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.browser import find_port
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.session import NoConnectionError

HQ = b"ServerName;SQL01;InstanceName;HQ;IsClustered;No;Version;16.0.4236.2;tcp;50123;np;\\\\SQL01\\pipe\\sql;;"


@contextlib.contextmanager
def browser(*answers: bytes | None) -> c.Iterator[tuple[int, list[bytes]]]:
    """A Browser that gives one answer to each question; None is silence."""
    asked: list[bytes] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(60)

        def serve() -> None:
            for answer in answers:
                question, sender = listening.recvfrom(1000)
                asked.append(question)
                if answer is not None:
                    listening.sendto(b"\x05" + len(answer).to_bytes(2, "little") + answer, sender)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1], asked
        thread.join()


def test_the_port_is_asked_for_by_name() -> None:
    with browser(HQ) as (port, asked):
        assert find_port("127.0.0.1", "HQ", timeout=20, browser_port=port) == 50123
    assert asked == [b"\x04HQ\x00"]


@pytest.mark.timing
def test_a_lost_datagram_is_sent_again() -> None:
    with browser(None, HQ) as (port, asked):
        assert find_port("127.0.0.1", "HQ", timeout=4, browser_port=port) == 50123
    assert len(asked) == 2


def test_silence_is_said_with_what_to_do() -> None:
    with browser(None, None) as (port, dummy), pytest.raises(NoConnectionError) as caught:
        find_port("127.0.0.1", "HQ", timeout=0.4, browser_port=port)
    assert caught.value.code == "browser"
    assert "did not answer for the instance HQ" in str(caught.value)
    assert "UDP 1434" in caught.value.next_step


def test_nobody_there_is_silence_too() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(NoConnectionError) as caught:
        find_port("127.0.0.1", "HQ", timeout=0.4, browser_port=port)
    assert caught.value.code == "browser"


@pytest.mark.parametrize(
    "answer", [HQ.replace(b"tcp;50123;", b""), HQ.replace(b"50123", b"0"), HQ.replace(b"50123", b"x"), b"", b";;;"]
)
def test_an_instance_without_tcp_is_recognized(answer: bytes) -> None:
    with browser(answer) as (port, dummy), pytest.raises(NoConnectionError) as caught:
        find_port("127.0.0.1", "HQ", timeout=20, browser_port=port)
    assert caught.value.code == "instance"
    assert "TCP/IP is off" in caught.value.next_step


def test_an_unknown_server_is_recognized() -> None:
    with pytest.raises(NoConnectionError) as caught:
        find_port("nosuch.invalid", "HQ", timeout=1)
    assert caught.value.code == "name"
