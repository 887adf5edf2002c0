# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bootstrap is recognised in every wrapping that Ansible gives it, and nothing else is."""

from __future__ import annotations

import base64

import pytest
from ansible.plugins.shell.powershell import ShellModule

from lab import command_line
from lab.repository import SCRIPTS

SHIPPED = command_line.normalise((SCRIPTS / "bootstrap.ps1").read_text(encoding="utf-8"))


def encode(script: str) -> str:
    """Wrap a script as Ansible's own shell plugin does."""
    line: str = ShellModule()._encode_script(script, as_list=False, strict_mode=False, preserve_rc=False)
    return line


@pytest.mark.parametrize("layers", [0, 1, 2, 3])
def test_layers_are_peeled(layers: int) -> None:
    line = SHIPPED
    for dummy in range(layers):
        line = encode(line)
    assert command_line.normalise(command_line.peel(line)) == SHIPPED


def test_a_fourth_layer_is_not() -> None:
    assert command_line.peel(encode(encode(encode(encode("exit"))))).startswith("PowerShell -NoProfile")


def test_newer_ansible_encodes_the_script_as_it_is() -> None:
    encoded = base64.b64encode(f"{SHIPPED}\n\n".encode("utf-16-le")).decode()
    line = f"powershell -NoProfile -NonInteractive -ExecutionPolicy Unrestricted -EncodedCommand {encoded}"
    assert command_line.normalise(command_line.peel(line)) == SHIPPED


def test_older_ssh_sets_the_code_page_first() -> None:
    line = encode(f"chcp.com 65001 > $null ; {encode(SHIPPED)}")
    assert command_line.normalise(command_line.peel(line)) == SHIPPED


@pytest.mark.parametrize(
    "line",
    [
        "cmd /c dir",
        "powershell -File x.ps1",
        "powershell -EncodedCommand ####",
        "pwsh -EncodedCommand ZQA=",
        "x -EncodedCommand ZQA=",
        "powershell -EncodedCommand ZQA= & del x",
        "powershell -EncodedCommand ZQ==",
    ],
)
def test_other_lines_stay(line: str) -> None:
    assert command_line.peel(line) == line


def test_a_changed_script_is_another_script() -> None:
    assert command_line.normalise(command_line.peel(encode(SHIPPED.replace("exit 0", "exit 1")))) != SHIPPED
