# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A process that has loaded Ansible, and becomes one of its programs in a fork for each run: `loaded.py` starts it.

Nothing but the loading is spared: a run is a process of its own, with its own environment, streams and end, and calls
what the console script calls. Constants of Ansible are those of the environment in which this process was started.

Its argument is the descriptor of a socket, from which each run comes as one message.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import pathlib
import pkgutil
import selectors
import signal
import socket
import sys
import threading
import typing as t

MESSAGE_BYTES = 1 << 20
MODULES = {"ansible": "ansible.cli.adhoc", "ansible-playbook": "ansible.cli.playbook"}
"""Where the `main` of each program is."""
ACTIONS = "ansible_collections.identityops.groupid.plugins.action"
WORKERS = "ansible_collections.identityops.groupid.plugins.plugin_utils.workers"


def load() -> None:
    """Load what the programs need, and the collection's plugins, as they themselves do."""
    for module in MODULES.values():
        importlib.import_module(module)
    from ansible import constants
    from ansible.plugins import loader
    from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder

    loader.init_plugin_loader()
    # Not those of variables: Ansible takes a class that is loaded for one that is ready, and reads no group_vars.
    for kind in ("become", "callback", "connection", "filter", "shell", "test"):
        for _plugin in getattr(loader, f"{kind}_loader").all(class_only=True):
            pass
    for _finder, name, _is_package in pkgutil.iter_modules(importlib.import_module(ACTIONS).__path__):
        loader.action_loader.get(f"identityops.groupid.{name}", class_only=True)
    for kind, names in {
        "action": ("add_host", "debug", "fail", "include_vars", "normal", "set_fact", "validate_argument_spec"),
        "cache": ("memory",),
        "inventory": ("auto", "host_list", "ini", "script", "toml", "yaml"),
        "strategy": ("free", "linear"),
    }.items():
        for name in names:
            getattr(loader, f"{kind}_loader").get(f"ansible.builtin.{name}", class_only=True)
    for name in constants.CALLBACKS_ENABLED:
        loader.callback_loader.get(name)
    importlib.import_module(WORKERS).prepare()
    # The program puts in its own, by the paths it is given.
    _AnsibleCollectionFinder._remove()
    assert threading.active_count() == 1, "a fork would have one thread of these"


class Run(t.NamedTuple):
    """A run that was asked for. streams: its stdin, stdout and stderr."""

    command: list[str]
    environment: dict[str, str]
    streams: list[int]

    def start(self) -> int:
        """Be the program, in the process that was forked for it: returns its exit code, or raises SystemExit."""
        for target, stream in enumerate(self.streams):
            os.dup2(stream, target)
            os.close(stream)
        os.environ.clear()
        os.environ.update(self.environment)
        from ansible import constants

        # Each program has a folder of its own for what it writes on the way, and deletes it at its end.
        for name in ("ANSIBLE_HOME", "DEFAULT_LOCAL_TMP"):
            value = constants.config.get_config_value(name, variables=vars(constants))
            constants.set_constant(name, value)
        sys.argv = self.command
        sys.path[0] = str(pathlib.Path(self.command[0]).parent)
        code: int = importlib.import_module(MODULES[pathlib.Path(self.command[0]).name]).main()
        return code


class Fork:
    """The process of a run. report: the descriptor to which its number is written, and then its exit code."""

    def __init__(self, process: int, report: int) -> None:
        self._process = process
        self._report = report
        self.handle = os.pidfd_open(process)
        self._write(process)

    def ended(self) -> None:
        """Report the end, which has come."""
        self._write(os.waitstatus_to_exitcode(os.waitpid(self._process, 0)[1]))
        self.forget()

    def end(self) -> None:
        """Ask it to end."""
        os.kill(self._process, signal.SIGTERM)

    def forget(self) -> None:
        """Close what is open because of it."""
        os.close(self.handle)
        os.close(self._report)

    def _write(self, number: int) -> None:
        with contextlib.suppress(BrokenPipeError):
            os.write(self._report, f"{number}\n".encode())


def serve(asked: socket.socket) -> Run | None:
    """Fork for each run until nobody is there who could ask. In a fork, this returns the run that it is to be."""
    forks: dict[int, Fork] = {}
    with selectors.DefaultSelector() as ready:
        ready.register(asked, selectors.EVENT_READ)
        while True:
            for key, _events in ready.select():
                if fork := forks.pop(key.fd, None):
                    ready.unregister(key.fd)
                    fork.ended()
                    continue
                message, descriptors, _flags, _address = socket.recv_fds(asked, MESSAGE_BYTES, 4)
                if not message:
                    for fork in forks.values():
                        fork.end()
                    return None
                *streams, report = descriptors
                process = os.fork()
                if not process:
                    os.close(report)
                    asked.close()
                    for fork in forks.values():
                        fork.forget()
                    return Run(**json.loads(message), streams=streams)
                for stream in streams:
                    os.close(stream)
                fork = Fork(process, report)
                forks[fork.handle] = fork
                ready.register(fork.handle, selectors.EVENT_READ)


def main() -> int:
    """Load, serve, and be a run in each fork."""
    load()
    run = serve(socket.socket(fileno=int(sys.argv[1])))
    return run.start() if run else 0


if __name__ == "__main__":
    sys.exit(main())
