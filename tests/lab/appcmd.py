# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IIS on a host of the lab: appcmd.sh in the place of its program, and the folder that the stand-in reads."""

from __future__ import annotations

import collections.abc as c
import contextlib
import dataclasses
import pathlib
import shutil
from xml.sax.saxutils import quoteattr

SCRIPT = pathlib.Path(__file__).with_name("appcmd.sh")


@dataclasses.dataclass(frozen=True)
class Pool:
    """An application pool. state: ``Started`` or ``Stopped``. applications: by name, the folder of each.

    habits: what else it does, as appcmd.sh has it: ``slow``, ``again``, ``refuses``.
    """

    name: str
    state: str = "Started"
    auto_start: bool = True
    applications: c.Mapping[str, str] = dataclasses.field(default_factory=dict)
    habits: c.Mapping[str, str] = dataclasses.field(default_factory=dict)


class Iis:
    """IIS of one host. root: the folder with its drives."""

    def __init__(self, root: pathlib.Path) -> None:
        self.folder = root / "iis"
        self.program = root / "C" / "Windows" / "System32" / "inetsrv" / "appcmd.exe"

    def install(self, pools: c.Sequence[Pool]) -> None:
        """Put the stand-in and these pools in the place of what there was."""
        self.program.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SCRIPT, self.program)
        self.program.chmod(0o755)
        shutil.rmtree(self.folder, ignore_errors=True)
        apps, vdirs = [], []
        for number, pool in enumerate(pools):
            place = self.folder / "pools" / f"{number:04}"
            place.mkdir(parents=True)
            settings = {"name": pool.name, "xml": _escaped(pool.name), "state": pool.state}
            for name, text in {**settings, "auto": str(pool.auto_start).lower(), **pool.habits}.items():
                (place / name).write_text(f"{text}\n", encoding="utf-8")
            for name, path in pool.applications.items():
                site, dummy, below = name.partition("/")
                apps.append(_tag("APP", path=f"/{below}", APP_NAME=name, APPPOOL_NAME=pool.name, SITE_NAME=site))
                vdirs.append(_tag("VDIR", VDIR_NAME=f"{name}/", physicalPath=path, path="/", APP_NAME=name))
        self.folder.mkdir(exist_ok=True)
        (self.folder / "apps.xml").write_text("".join(apps), encoding="utf-8")
        (self.folder / "vdirs.xml").write_text("".join(vdirs), encoding="utf-8")

    def answer(self, text: str) -> None:
        """Let the stand-in answer so to everything."""
        (self.folder / "answer").write_text(text, encoding="utf-8")

    def hide_workers(self) -> None:
        """Let it list no worker processes, as without the feature Web-Request-Monitor."""
        (self.folder / "no_workers").touch()

    def hide_commands(self, of_system: bool = False) -> None:
        """Let Windows show nobody the command lines of worker processes; without `of_system`, SYSTEM sees them."""
        (self.folder / "hidden_commands").write_text("all" if of_system else "others", encoding="utf-8")

    def show_commands(self) -> None:
        """Let Windows show the command lines again."""
        (self.folder / "hidden_commands").unlink()

    @contextlib.contextmanager
    def silent_management(self) -> c.Iterator[None]:
        """Let WMI not answer for so long."""
        silence = self.folder / "management_is_silent"
        silence.touch()
        try:
            yield
        finally:
            silence.unlink()

    def slow_management(self, milliseconds: int) -> None:
        """Let each answer of WMI need so long."""
        (self.folder / "management_is_slow").write_text(str(milliseconds), encoding="utf-8")

    def broken_management(self) -> None:
        """Let WMI's answers be ones that .NET refuses."""
        (self.folder / "management_is_broken").touch()

    def share_configuration(self, enabled: bool = True) -> None:
        """Write redirection.config, as IIS has it."""
        folder = self.program.parent / "config"
        folder.mkdir(exist_ok=True)
        (folder / "redirection.config").write_text(
            '<?xml version="1.0" encoding="UTF-8"?>\n<!-- where the configuration is -->\n<configuration>\n'
            '  <configSections><section name="configurationRedirection" /></configSections>\n'
            f'  <configurationRedirection enabled="{str(enabled).lower()}" path="\\\\nas01\\iis" />\n'
            "</configuration>\n",
            encoding="utf-8",
        )

    def change(self, number: int, **settings: str) -> None:
        """Change the state (or more) of a pool by its place."""
        for name, text in settings.items():
            (self.folder / "pools" / f"{number:04}" / name).write_text(f"{text}\n", encoding="utf-8")

    def pools(self) -> dict[str, tuple[str, bool]]:
        """Return each pool's state and whether it starts with IIS."""
        found = {}
        for place in sorted((self.folder / "pools").iterdir()):
            name, state, auto = ((place / part).read_text("utf-8").strip() for part in ("name", "state", "auto"))
            found[name] = (state, auto == "true")
        return found


def _escaped(text: str) -> str:
    return quoteattr(text, {'"': "&quot;"})[1:-1]


def _tag(name: str, **attributes: str) -> str:
    settings = " ".join(f'{key.replace("_", ".")}="{_escaped(value)}"' for key, value in attributes.items())
    return f"  <{name} {settings} />\n"
