# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Elasticsearch around a quiesce: its health is recorded, and awaited after the start; nothing of that is a failure."""

from __future__ import annotations

import contextlib
import json
import pathlib
import typing as t

import pytest
from unit.agent.conftest import Host
from unit.agent.runtime_host import RuntimeHost

from lab.elasticsearch import STATUSES, Node
from lab.sql.server import make_certificate

HOME = "ElasticSearch/elasticsearch-6.2.4"
SERVICE = "Elastic"
PROCRUN = rf"SOFTWARE\Wow6432Node\Apache Software Foundation\Procrun 2.0\{SERVICE}\Parameters\Java"


class Searching(RuntimeHost):
    """A server with a node of Elasticsearch and a task."""

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        program = self.folder / HOME / "bin" / "elasticsearch-service-x64.exe"
        self.service(SERVICE, command=f'"{program}" //RS//{SERVICE}')
        self.task("\\Imanami\\Job")
        self.write()

    def configure(self, text: str | bytes, folder: pathlib.Path | None = None) -> None:
        """Write elasticsearch.yml."""
        folder = folder or self.folder / HOME / "config"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "elasticsearch.yml").write_bytes(text.encode() if isinstance(text, str) else text)

    def known(self, **members: t.Any) -> tuple[str | None, list[str]]:
        """Return what a quiesce says of the health, and its warnings. Nothing is stopped."""
        answer = self.quiesce(check=True, **members)
        assert answer["failed"] is False, answer
        (health,) = [item["before"]["health"] for item in answer["entries"] if item["kind"] == "service"]
        return health, answer["warnings"]

    def back(self, **members: t.Any) -> list[str]:
        """Return the warnings of a resume, in which all came back."""
        answer = self.resume(**{"item_seconds": 120, **members})
        assert answer["failed"] is False, answer
        assert {item["outcome"] for item in answer["entries"]} == {"resumed"}
        assert [task["enabled"] for task in self.read()["tasks"]] == [True]
        warnings: list[str] = answer["warnings"]
        return warnings


@pytest.fixture
def server(host: Host) -> Searching:
    return Searching(host)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[pathlib.Path, pathlib.Path]:
    return make_certificate(tmp_path_factory.mktemp("tls"), ("node.example",))


@pytest.mark.parametrize("status", STATUSES)
def test_what_it_was_is_recorded_and_awaited(server: Searching, status: str) -> None:
    """Of a single node yellow is normal, and red is what it is: nothing waits for better."""
    with Node(status) as node:
        server.configure(f"http.port: {node.port}\n")
        answer = server.quiesce()
        assert answer["warnings"] == []
        assert server.record()["items"][1]["before"]["health"] == status
        assert len(node.requests) == 1
        assert server.back() == []
        assert len(node.requests) == 2


def test_the_request_asks_the_node_alone_and_sends_no_login(server: Searching) -> None:
    with Node("green") as node:
        server.configure(f"http.port: {node.port}\n")
        assert server.known() == ("green", [])
    (request,) = node.requests
    assert request.startswith("GET /_cluster/health?local=true HTTP/1.0\r\n")
    headers = [line.split(":")[0].lower() for line in request.split("\r\n")[1:] if line]
    assert sorted(headers) == ["accept", "connection", "host"]


@pytest.mark.parametrize(
    ("before", "then"),
    [
        ("green", ["hangs up", "starting", "red", "yellow", "green"]),
        ("yellow", ["starting", "red", "yellow"]),
        ("yellow", ["garbage", "green"]),
        ("green", ["red", "late"]),
        ("login", ["starting", "login"]),
        ("forbidden", ["starting", "red"]),
        ("green", ["starting", "login"]),
    ],
)
def test_the_wait_ends_when_it_is_as_before(server: Searching, before: str, then: list[str]) -> None:
    with Node(before) as node:
        server.configure(f"http.port: {node.port}\n")
        assert server.quiesce()["warnings"] == []
        node.script = [*then, "red"]
        assert server.back() == []
        assert node.script == ["red"], "it was asked until then, and no longer"


@pytest.mark.parametrize("then", ["alone", "starting", "login", "yellow"])
def test_one_of_several_only_has_to_answer(server: Searching, then: str) -> None:
    """The others may be on servers that are not started yet. Waiting for them would only lengthen the downtime."""
    with Node("green", nodes=2) as node:
        server.configure(f"http.port: {node.port}\n")
        assert server.quiesce()["warnings"] == []
        assert server.record()["items"][1]["before"] == {
            "state": "running",
            "start_type": "automatic",
            "health": "green",
            "cluster": True,
        }
        node.script = ["hangs up", "garbage", then, "hangs up"]
        assert server.back() == []
        assert node.script == ["hangs up"]


@pytest.mark.parametrize(
    "text",
    [
        'discovery.seed_hosts: ["web01", "web02"]',
        "discovery.zen.ping.unicast.hosts: web01,web02",
        "discovery:\n  seed_hosts:\n    - web01:9300\n    # the other one\n    - web02\n",
        "cluster.initial_master_nodes:\n- web01\n- web02\n",
        "discovery.seed_hosts: [127.0.0.1, 'web02'] # two",
        "discovery.seed_hosts: 2001:db8::1, [2001:db8::2]:9300",
        "discovery.seed_hosts:\n- 'web01'\n- \"web02\" # new\n",
    ],
)
def test_one_of_several_that_requires_a_login_is_known_by_its_settings(server: Searching, text: str) -> None:
    """Search Guard answers 503 until a master is elected. It may be a moment for a single node, which is awaited."""
    with Node("login") as node:
        server.configure(f"{text}\nhttp.port: {node.port}\n")
        server.quiesce()
        node.script = ["hangs up", "starting", "hangs up"]
        assert server.back() == []
        assert node.script == ["hangs up"]


@pytest.mark.parametrize(
    "text",
    [
        'discovery.seed_hosts: ["web01"]',
        'discovery.zen.ping.unicast.hosts: ["127.0.0.1", "[::1]"]',
        "discovery.zen.ping.unicast.hosts: localhost:9300,127.0.0.2, [::1]:9301, ::1",
        "discovery.seed_hosts: [ web01:9300, 'WEB01', ] # was [web01, web02]",
        "discovery.seed_hosts:\n  - web01   # alone since 2024, was three\n  - # none, any more",
        'discovery.seed_hosts:\n  - "web01" # first, last\n',
    ],
)
def test_a_single_node_that_requires_a_login_is_awaited(server: Searching, text: str) -> None:
    with Node("login") as node:
        server.configure(f"{text}\nhttp.port: {node.port}\n")
        server.quiesce()
        node.script = ["starting", "login", "hangs up"]
        assert server.back() == []
        assert node.script == ["hangs up"]


@pytest.mark.parametrize("said", [b"<h2>Service Unavailable</h2>", b'{"status": 503, "error": "Busy"}', b"\xff"])
def test_another_program_in_the_range_is_not_one_of_several(server: Searching, said: bytes) -> None:
    class Busy(Node):
        def _answer(self, kind: str) -> bytes:
            return b"HTTP/1.0 503 Service Unavailable\r\n\r\n" + said

    for _attempt in range(50):
        with contextlib.suppress(OSError), Busy("any") as busy, Node("green", nodes=2, port=busy.port + 1) as node:
            server.configure(f"http.port: {busy.port}-{node.port}\n")
            assert server.quiesce()["warnings"] == []
            node.script = ["hangs up", "starting", "hangs up"]
            assert server.back() == []
            assert node.script == ["hangs up"]
            return
    raise AssertionError("no two ports that follow each other are free")


def test_elasticsearch_itself_may_answer_in_a_range_that_it_waits(server: Searching) -> None:
    class Blocked(Node):
        def _answer(self, kind: str) -> bytes:
            blocked = b'{"error": {"root_cause": [], "type": "cluster_block_exception"}, "status": 503}'
            said = b"HTTP/1.0 503 Service Unavailable\r\n\r\n" + blocked
            return said if kind == "starting" else super()._answer(kind)

    with Blocked("green", nodes=2) as node:
        server.configure(f"http.port: {node.port}-{node.port + 1}\n")
        server.quiesce()
        node.script = ["starting", "hangs up"]
        assert server.back() == []
        assert node.script == ["hangs up"]


@pytest.mark.timing
def test_one_of_several_that_does_not_answer_is_a_warning(server: Searching) -> None:
    with Node("green", "hangs up", nodes=3) as node:
        server.configure(f"http.port: {node.port}\n")
        server.quiesce()
        (warning,) = server.back(item_seconds=2)
    assert "2 seconds after its start it is not known" in warning


def test_tasks_are_enabled_after_the_wait(server: Searching) -> None:
    enabled: list[bool] = []

    class Watched(Node):
        def _answer(self, kind: str) -> bytes:
            enabled.extend(task["enabled"] for task in server.read()["tasks"])
            return super()._answer(kind)

    with Watched("green", "starting", "green") as node:
        server.configure(f"http.port: {node.port}\n")
        server.quiesce()
        assert server.back() == []
    assert enabled == [True, False, False]


@pytest.mark.timing
@pytest.mark.parametrize(
    ("then", "told"),
    [("red", "it is red."), ("starting", "(127.0.0.1:{port}: it answers with the status 503)"), ("hangs", "not known")],
)
def test_a_wait_that_ends_too_early_is_a_warning(server: Searching, then: str, told: str) -> None:
    with Node("green", then) as node:
        server.configure(f"http.port: {node.port}\n")
        server.quiesce()
        (warning,) = server.back(item_seconds=2)
    assert f"'{SERVICE}') was green before it was stopped, and 2 seconds after its start" in warning
    assert told.format(port=node.port) in warning
    assert "Check its log." in warning


def test_what_stopped_again_is_not_awaited(server: Searching) -> None:
    class Crashing(Node):
        def _answer(self, kind: str) -> bytes:
            if kind == "red":
                server.change("services", 0, state="stopped", target="stopped")
            return super()._answer(kind)

    with Crashing("green", "red") as node:
        server.configure(f"http.port: {node.port}\n")
        server.quiesce()
        (warning,) = server.back()
    assert f"'{SERVICE}') was started, but stopped again" in warning


def test_what_does_not_start_is_not_awaited(server: Searching) -> None:
    with Node("green") as node:
        server.configure(f"http.port: {node.port}\n")
        server.quiesce()
        server.change("services", 0, falls=1067)
        answer = server.resume()
        assert (answer["error"]["code"], answer["warnings"]) == ("resume_incomplete", [])
        assert len(node.requests) == 1
        assert server.resume()["failed"] is False
        assert len(node.requests) == 2


def test_what_did_not_run_is_not_asked(server: Searching) -> None:
    with Node("green") as node:
        server.configure(f"http.port: {node.port}\n")
        server.change("services", 0, state="stopped")
        assert server.known() == (None, [])
        assert node.requests == []


def test_a_quiesce_that_is_undone_waits_too(server: Searching) -> None:
    with Node("green", "starting", "green") as node:
        server.configure(f"http.port: {node.port}\n")
        server.service("Stuck", codes={"stop": 5}, depends_on=[])
        server.services["Stuck"]["command"] = "C:/Elsewhere/x.exe"
        server.write()
        named = [{"kind": "service", "name": name} for name in (SERVICE, "Stuck")]
        answer = server.quiesce(services=named)
        assert (answer["error"]["code"], answer["warnings"]) == ("stop_failed", [])
        assert len(node.requests) == 3
    assert server.picture()["services"][SERVICE]["state"] == "running"


@pytest.mark.parametrize("told", [False, True])
def test_tls_with_any_certificate(
    server: Searching, certificate: tuple[pathlib.Path, pathlib.Path], told: bool
) -> None:
    """Whether elasticsearch.yml says so or not; the node's log has one complaint at the most."""
    with Node("green", "starting", "starting", "green", certificate=certificate) as node:
        server.configure(f"http.port: {node.port}\nxpack.security.http.ssl:\n  enabled: {str(told).lower()}\n")
        assert server.quiesce()["warnings"] == []
        assert server.back() == []
        assert len(node.requests) == 4


def test_no_tls_although_it_is_told(server: Searching) -> None:
    with Node("green") as node:
        server.configure(f"http.port: {node.port}\nsearchguard.ssl.http.enabled: true\n")
        assert server.known() == ("green", [])


@pytest.mark.parametrize("kind", ["garbage", "page", "unknown", "huge", "hangs up", "starting"])
def test_what_is_no_health_is_a_warning_and_nothing_waits(server: Searching, kind: str) -> None:
    with Node(kind) as node:
        server.configure(f"http.port: {node.port}\n")
        answer = server.quiesce()
        assert answer["failed"] is False
        (warning,) = answer["warnings"]
        assert f"(service '{SERVICE}') is not known: 127.0.0.1:{node.port}: it" in warning
        asked = len(node.requests)
        assert server.back() == []
        assert len(node.requests) == asked


@pytest.mark.timing
@pytest.mark.parametrize("kind", ["hangs", "endless"])
def test_an_answer_without_an_end_is_bounded(server: Searching, kind: str) -> None:
    with Node(kind) as node:
        server.configure(f"http.port: {node.port}\n")
        health, (warning,) = server.known()
        assert (health, len(node.requests)) == (None, 1)
        assert "it has not answered within" in warning


def test_a_redirect_is_not_followed(server: Searching) -> None:
    with Node("green") as other, Node("redirect", elsewhere=other.port) as node:
        server.configure(f"http.port: {node.port}\n")
        health, (warning,) = server.known()
        assert health is None
        assert "status 302" in warning
        assert other.requests == []


def test_nobody_listens(server: Searching) -> None:
    with Node("green") as node:
        pass
    server.configure(f"http.port: {node.port}\n")
    health, (warning,) = server.known()
    assert health is None
    assert f"nothing listens on port {node.port}" in warning


def test_the_host_of_the_settings_is_never_asked(server: Searching) -> None:
    """Only where a program listens here; 127.0.0.2 stands for an address of the server."""
    with Node("green", address="127.0.0.2") as node:
        server.configure(f"network.host: search.example\nhttp.port: {node.port}\n")
        assert server.known() == ("green", [])
        assert f"Host: 127.0.0.2:{node.port}" in node.requests[0]


def two_ports(first: Node) -> Node:
    """Return a second node on the port after the first one's. Raises OSError where that is not free."""
    return Node("yellow", cluster="groupid", port=first.port + 1)


def test_a_range_and_the_name_of_the_cluster_tell_two_nodes_apart(server: Searching) -> None:
    for _attempt in range(50):
        with contextlib.suppress(OSError), Node("green", cluster="other") as first, two_ports(first) as second:
            server.configure(f"cluster.name: groupid\nhttp.port: {first.port}-{second.port}\n")
            assert server.known() == ("yellow", [])
            assert (len(first.requests), len(second.requests)) == (1, 1)
            return
    raise AssertionError("no two ports that follow each other are free")


@pytest.mark.parametrize(
    "text",
    [
        "http.port: {port}",
        "\ufeffhttp.port: {port}\r\n",
        'http.port: "{port}"  # of the portal',
        "http:\n  port: {port}\n",
        "http:\n  host: _local_\n  port: '{port}'\nport: 1\n",
        "# http.port: 1\nhttp.port: {port} # 2\ndiscovery.seed_hosts:\n  - a:1\n",
        "transport:\n  host: x\nhttp.port : {port}\n",
        "path.data: C:\\ProgramData\\Imanami\nhttp.port: {port}\n",
    ],
)
def test_spellings_of_a_port(server: Searching, text: str) -> None:
    with Node("green") as node:
        server.configure(text.format(port=node.port))
        assert server.known() == ("green", [])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "http.port: ${{PORT}}\n",
        "http.port: {port}0000\n",
        "http.port: -{port}\n",
        "http.port: {port}-{port}-{port}\n",
        "transport:\n  http.port: {port}\n",
        "#" * (1024 * 1024) + "\nhttp.port: {port}\n",
        b"\xff\xfehttp.port: 1\n",
        ":\n: :\n - :\n\t:x\n''\n'':\n",
    ],
)
def test_settings_that_say_nothing_name_no_port(server: Searching, text: str | bytes) -> None:
    with Node("green") as node:
        server.configure(text.format(port=node.port) if isinstance(text, str) else text)
        server.known()  # whatever listens on the usual ports of this computer
        assert node.requests == []


@pytest.mark.parametrize("where", ["registry", "registry, quoted", "command", "command, quoted"])
def test_where_the_service_says_its_settings_are(server: Searching, where: str) -> None:
    moved = server.host.folder / "D" / "Search - settings"
    option = f"-Des.path.conf={moved}"
    if where.startswith("registry"):
        option = option.replace("=", '="') + '"' if "quoted" in where else option
        options = ["-Xms2g", "-Des.path.home=C:\\x", option, "-Des.distribution.type=zip"]
        (server.host.folder / "registry.json").write_text(json.dumps({PROCRUN: {"Options": options}}))
    else:
        moved = moved if "quoted" in where else moved.with_name("Settings of search")
        option = f'"{option}"' if "quoted" in where else f"-Des.path.conf={moved}"
        program = server.folder / "ElasticSearch" / "jdk" / "bin" / "java.exe"
        server.change("services", 0, command=f'"{program}" -Xms2g {option} -Dx=1 org.elasticsearch.Server')
    with Node("yellow") as node:
        server.configure(f"http.port: {node.port}\n", moved)
        assert server.known() == ("yellow", [])


def test_settings_on_a_share_are_not_opened(server: Searching) -> None:
    """Whoever could name one would get the login of this account."""
    with Node("green") as node:
        folder = server.host.folder / "C" / "conf"
        server.configure(f"http.port: {node.port}\n", folder)
        options = [f"-Des.path.conf=/{folder}"]  # two separators: a share
        (server.host.folder / "registry.json").write_text(json.dumps({PROCRUN: {"Options": options}}))
        server.known()
        assert node.requests == []


def test_a_record_with_a_health_that_there_is_none_of_is_not_read(server: Searching) -> None:
    with Node("green") as node:
        server.configure(f"http.port: {node.port}\n")
        server.quiesce()
    record = server.record()
    record["items"][1]["before"]["health"] = "purple"
    (server.host.lock.parent / "quiesce.json").write_text(json.dumps(record))
    answer = server.resume()
    assert (answer["error"]["code"], "purple" in answer["error"]["cause"]) == ("quiesce_record", True)


def test_a_record_without_a_health_is_resumed(server: Searching) -> None:
    """As of a version before."""
    with Node("green") as node:
        server.configure(f"http.port: {node.port}\n")
        server.quiesce()
        record = server.record()
        del record["items"][1]["before"]["health"]
        (server.host.lock.parent / "quiesce.json").write_text(json.dumps(record))
        assert server.back() == []
        assert len(node.requests) == 1
