# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The script of the watchdog's task, as the agent registers it, in a PowerShell engine and with a very short agent."""

from __future__ import annotations

import base64
import collections.abc as c
import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET

import pytest
from unit.agent.conftest import Host
from unit.agent.runtime_host import RuntimeHost

from ansible_collections.identityops.groupid.plugins.plugin_utils.client.source import AgentSource, join_source
from lab import task_clock

SYSTEM, ADMINISTRATORS, USERS = "S-1-5-18", "S-1-5-32-544", "S-1-5-32-545"
NAMES = {"task": "http://schemas.microsoft.com/windows/2004/02/mit/task"}
LEAVES = """namespace IdentityOpsAgent
{
    public static class Program
    {
        public static string Begin(string request, string source)
        {
            System.IO.File.WriteAllText(request, source);
            return "";
        }
    }
}
"""

# .NET knows no access lists outside of Windows: what the script does with one is tried on one that was made up.
FAKED = """class Rule{{$IdentityReference;Rule($sid){{$this.IdentityReference=@{{Value=$sid}}}}}}
class Faked{{Faked($path,$parts){{}}
[object]GetOwner($type){{return @{{Value='{owner}'}}}}
[object]GetAccessRules($own,$inherited,$type){{return @({rules})}}}}
"""
DESCRIPTOR = "[Security.AccessControl.DirectorySecurity]"


@pytest.fixture
def pwsh() -> str:
    found = shutil.which("pwsh")
    if found is None:
        pytest.skip("needs pwsh on PATH")
    return found


@pytest.fixture(scope="module")
def definition(executable: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> c.Iterator[str]:
    """The XML that an agent has registered."""
    server = RuntimeHost(Host(executable, tmp_path_factory.mktemp("watched")))
    server.service("Elastic")
    server.write()
    assert server.quiesce(phase="record", watchdog_seconds=600)["failed"] is False
    [task] = task_clock.tasks(server.host.folder)
    yield task["definition"]
    task_clock.end_engine(server.host.folder)


def arguments(definition: str) -> list[str]:
    found = ET.fromstring(definition).findtext("task:Actions/task:Exec/task:Arguments", namespaces=NAMES)
    assert found
    return found.split()


def script(definition: str) -> str:
    return base64.b64decode(arguments(definition)[-1]).decode("utf-16-le")


def test_the_definition_is_what_the_schema_says(definition: str) -> None:
    """Order and words: Task Scheduler Schema, Microsoft Learn."""
    task = ET.fromstring(definition)
    assert task.get("version") == "1.2"

    def text(path: str) -> str | None:
        return task.findtext("/".join(f"task:{name}" for name in path.split("/")), namespaces=NAMES)

    assert text("Triggers/TimeTrigger/Repetition/Interval") == "PT1M"
    assert text("Triggers/TimeTrigger/Repetition/Duration") is None
    assert str(text("Triggers/TimeTrigger/StartBoundary")).endswith("Z")
    assert text("Principals/Principal/UserId") == SYSTEM
    assert text("Settings/MultipleInstancesPolicy") == "IgnoreNew"
    assert text("Settings/DisallowStartIfOnBatteries") == text("Settings/StopIfGoingOnBatteries") == "false"
    assert text("Settings/StartWhenAvailable") == text("Settings/AllowStartOnDemand") == "true"
    assert (text("Settings/ExecutionTimeLimit"), text("Settings/Priority")) == ("PT0S", "4")
    command = str(text("Actions/Exec/Command"))
    assert command.endswith("powershell.exe")
    assert len(command) > len("powershell.exe") * 2
    assert arguments(definition)[:-1] == ["-NoProfile", "-NonInteractive", "-EncodedCommand"]


def test_the_command_line_is_far_below_the_limits(definition: str) -> None:
    """CreateProcess takes 32,767 characters, cmd.exe 8,191."""
    assert len(" ".join(arguments(definition))) < 8_191 - 500


def ended(
    pwsh: str,
    definition: str,
    folder: pathlib.Path,
    source: AgentSource,
    owner: str = ADMINISTRATORS,
    rules: c.Sequence[str] = (SYSTEM, ADMINISTRATORS),
    digest: str | None = None,
) -> int:
    """Run the script on a folder of the test. Gives its exit code."""
    folder.mkdir()
    request = base64.b64encode(str(folder / "left").encode()).decode()
    payload = f"{source.packed}\n{source.type_name}\n{request}\n".encode()
    (folder / "temp").mkdir()
    (folder / "payload.txt").write_bytes(payload)
    text = re.sub(r"\$d='[^']*'", lambda dummy: f"$d='{folder}/'", script(definition), count=1)
    text, count = re.subn(r"-ne '[0-9a-f]{64}'", f"-ne '{digest or hashlib.sha256(payload).hexdigest()}'", text)
    assert (count, DESCRIPTOR in text) == (1, True)
    made = ",".join(f"[Rule]::new('{sid}')" for sid in rules)
    text = FAKED.format(owner=owner, rules=made) + text.replace(DESCRIPTOR, "[Faked]")
    encoded = base64.b64encode(text.encode("utf-16-le")).decode()
    run = subprocess.run(
        [pwsh, "-NoProfile", "-NonInteractive", "-EncodedCommand", encoded],
        capture_output=True,
        timeout=300,
        check=False,
    )
    return run.returncode


def test_it_loads_the_payload_and_hands_its_source_on(pwsh: str, definition: str, tmp_path: pathlib.Path) -> None:
    source = join_source({"Program.cs": LEAVES})
    assert ended(pwsh, definition, tmp_path / "w", source) == 0
    assert (tmp_path / "w" / "left").read_text() == source.packed


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"digest": "0" * 64}, 3),
        ({"owner": "S-1-5-21-1-2-3-1001"}, 4),
        ({"rules": [SYSTEM, ADMINISTRATORS, USERS]}, 4),
    ],
)
def test_it_loads_nothing_that_is_not_its_own(
    pwsh: str, definition: str, tmp_path: pathlib.Path, changes: dict[str, str], code: int
) -> None:
    assert ended(pwsh, definition, tmp_path / "w", join_source({"Program.cs": LEAVES}), **changes) == code  # type: ignore[arg-type]
    assert not (tmp_path / "w" / "left").exists()


def test_why_it_does_not_compile_is_kept(pwsh: str, definition: str, tmp_path: pathlib.Path) -> None:
    source = join_source({"Program.cs": LEAVES.replace("return", "return nothing")})
    assert ended(pwsh, definition, tmp_path / "w", source) == 1
    assert json.dumps((tmp_path / "w" / "failure.txt").read_text()) != '""'
