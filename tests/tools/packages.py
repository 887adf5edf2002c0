# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that the lab and the benchmarks take from the operating system."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

# Servers lie where an ordinary user's PATH does not look.
PROGRAMS = f"{os.environ['PATH']}{os.pathsep}/usr/sbin"

# Program -> Debian's package of it.
LAB = {
    "mcs": "mono-mcs",
    "mono": "mono-runtime",
    "openssl": "openssl",
    "slapd": "slapd",
    "strace": "strace",
    "ldapsearch": "ldap-utils",
}
# FreeTDS as an ODBC driver, the driver manager, and what Microsoft's driver loads besides.
ODBC = ["tdsodbc", "unixodbc", "libltdl7"]
# What python-ldap, which has no wheels, is built with: a file of each package.
LDAP_HEADERS = {
    "/usr/include/ldap.h": "libldap-dev",
    "/usr/include/sasl/sasl.h": "libsasl2-dev",
    "/usr/bin/gcc": "gcc",
    "/usr/include/stdio.h": "libc6-dev",
}
PEERS = {"rsync": "rsync", "restic": "restic", "borg": "borgbackup"}


def require(programs: dict[str, str]) -> None:
    """Install the packages of those programs that are not on PATH."""
    missing = [package for program, package in programs.items() if not shutil.which(program, path=PROGRAMS)]
    if missing:
        install(missing)


def require_odbc() -> None:
    """Install what connects to SQL Server where FreeTDS' driver is missing."""
    if not any(Path("/usr").glob("lib*/**/libtdsodbc.so*")):
        install(ODBC)


def require_ldap_headers() -> None:
    """Install what python-ldap is built with."""
    missing = [package for file, package in LDAP_HEADERS.items() if not Path(file).exists()]
    if missing:
        install(missing)


def install(names: list[str]) -> None:
    """Install Debian packages, as root or by a sudo that asks nothing; else say what to run, and end this program."""
    command = ["apt-get", "install", "--yes", "--no-install-recommends", *names]
    prefix = _as_root()
    if prefix is None or not shutil.which("apt-get"):
        raise SystemExit(f"Missing on this machine. Run this, then the same command again:\n  sudo {' '.join(command)}")
    print(f"Installing {' '.join(names)} ...", flush=True)
    prefix = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1"]
    # RUNLEVEL=1: Debian's slapd would start a server of its own, on every address.
    for step in (command, ["apt-get", "update"], command):
        # The first try works where the package lists are fresh; a new machine needs the update.
        done = subprocess.run([*prefix, *step], capture_output=True, text=True, check=False)
        if done.returncode == 0 and step is command:
            return
    raise SystemExit(f"{' '.join(command)}\nended with code {done.returncode}:\n{done.stderr}")


def _as_root() -> list[str] | None:
    """What to put before a command that needs root: nothing, sudo, or None where neither works."""
    if os.geteuid() == 0:
        return []
    if (
        shutil.which("sudo")
        and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    ):
        return ["sudo", "-n"]
    return None
