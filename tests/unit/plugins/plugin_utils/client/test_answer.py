# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The answer in the output."""

from __future__ import annotations

import base64
import json
import typing as t

import pytest

from ansible_collections.identityops.groupid.plugins.plugin_utils.client.answer import (
    SHOWN_OUTPUT,
    BootstrapError,
    read_answer,
)
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.error import AgentCallError
from ansible_collections.identityops.groupid.plugins.plugin_utils.controller.task_secrets import MASK, Secrets

LINE = json.dumps({"protocol": 1, "operation": "probe", "failed": False, "drives": [{"root": "C:\\"}]})


def output(stdout: str, rc: int = 0, stderr: str = "") -> dict[str, t.Any]:
    return {"rc": rc, "stdout": stdout, "stderr": stderr}


@pytest.mark.parametrize("before", ["", "WARNING: {not json\r\n", '{"a": 1}\r\n', "profile loaded "])
@pytest.mark.parametrize("after", ["", "\r\n", "\r\nbye {}\r\n"])
def test_answer_is_found_amid_noise(before: str, after: str) -> None:
    assert read_answer(output(before + LINE + after), "probe", str) == json.loads(LINE)


def test_answer_counts_whatever_the_exit_code() -> None:
    assert read_answer(output(LINE, rc=1), "probe", str)["operation"] == "probe"


def test_compiler_message_is_decoded() -> None:
    encoded = base64.b64encode("Tree.cs(3,1): Fehler CS1002: ; erwartet für Gruß".encode()).decode()
    with pytest.raises(BootstrapError, match=r"^Tree\.cs\(3,1\): Fehler CS1002: ; erwartet für Gruß$"):
        read_answer(output(json.dumps({"failed": True, "stage": "bootstrap", "msg_b64": encoded}), rc=1), "probe", str)


@pytest.mark.parametrize(
    ("stdout", "rc", "stderr", "code", "words"),
    [
        ("", 3221225786, "", "no_answer", "exit code 3221225786"),
        (LINE[:40], 0, "", "no_answer", "protocol"),
        ('[1] {"protocol"', 1, "x" * 9999, "no_answer", "stderr 'xxx"),
        (
            "",
            1,
            "Method invocation is supported only on core types in this language mode.",
            "constrained_language",
            "WDAC",
        ),
        (
            "",
            1,
            "FullyQualifiedErrorId : MethodInvocationNotSupportedInConstrainedLanguage",
            "constrained_language",
            "",
        ),
        (
            LINE.replace('"protocol": 1', '"protocol": 2'),
            0,
            "",
            "protocol",
            "of protocol 2, operation probe; requested",
        ),
        (LINE.replace('"probe"', '"list"'), 0, "", "protocol", "operation list; requested"),
    ],
)
def test_no_answer_is_a_named_failure(stdout: str, rc: int, stderr: str, code: str, words: str) -> None:
    with pytest.raises(AgentCallError) as caught:
        read_answer(output(stdout, rc, stderr), "probe", str)
    assert caught.value.failure.code == code
    assert words in str(caught.value)
    assert caught.value.failure.next
    assert ("antivirus" in caught.value.failure.next) == (code == "no_answer")
    assert len(str(caught.value)) < 2 * SHOWN_OUTPUT + 1000


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
@pytest.mark.parametrize("shown", range(1, 10))
def test_a_secret_at_the_cut_is_masked_whole(stream: str, shown: int) -> None:
    """A half of it, which no search for the whole finds, would be shown."""
    streams = {"stdout": "", "stderr": "", stream: "." * (SHOWN_OUTPUT - shown) + "hunter2222"}
    with pytest.raises(AgentCallError) as caught:
        read_answer({"rc": 1, **streams}, "probe", Secrets(["hunter2222"]).scrub)
    assert "h" not in caught.value.failure.cause.rpartition(f"{stream} '")[2]
    assert MASK[:shown] in caught.value.failure.cause
