# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent on one host. A call is one command and one stdin over the host's own connection plugin."""

from __future__ import annotations

import base64
import collections.abc as c
import contextlib
import dataclasses
import re
import time
import typing as t

from ansible.errors import AnsibleAuthenticationFailure, AnsibleConnectionFailure, AnsibleError
from ansible.utils.display import Display

from ansible_collections.identityops.groupid.plugins.module_utils import retry
from ansible_collections.identityops.groupid.plugins.module_utils.connection_advice import connection_failure
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.answer import (
    PROTOCOL,
    BootstrapError,
    read_answer,
)
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.connection_settings import connection_settings
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.error import AgentCallError
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.parts import operations_of
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.script import bootstrap
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.sharing import (
    Sharing,
    WorkEndedError,
    lock_of,
)
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.source import agent_source

# psrp recognises this as a script for its own runspace, and ssh passes it to the host's default shell.
_POWERSHELL = "PowerShell -NoProfile -NonInteractive -ExecutionPolicy Unrestricted -EncodedCommand"
# ssh opens its connection together with the command; these texts of OpenSSH mean that there was never a connection.
_NEVER_CONNECTED = re.compile(
    r"ssh: (?:connect to host|Could not resolve hostname)|kex_exchange_identification|Host key verification failed"
    r"|Permission denied|Connection timed out during banner exchange"
)
NOT_STARTED = "bootstrap"
"""Code of a failure before anything was done on the host: the request may be sent again."""

_NETWORK_LIBRARIES = frozenset({"pypsrp", "requests", "requests_ntlm", "spnego", "urllib3", "winrm"})


@dataclasses.dataclass(frozen=True)
class AgentClient:
    """The agent on the host of one task.

    connection: Ansible's own, to the host. execute: runs a command over it, ``ActionBase._low_level_execute_command``.
    scrub: masks secrets in what is shown, and in the shortened output of an error; the caller masks the rest of an
      error.
    host: its name in lines for the user. network: the network identity, as a member of a request.
    check: whether the task is in check mode.
    sharing: with other threads of the task. Calls over one connection wait for each other.

    Each call raises AgentCallError if there is no answer, and the connection plugin's AnsibleConnectionFailure if the
    host could not be reached at all. Once the operation may have started, a lost connection is an AgentCallError: an
    unreachable host would leave the play while the operation still runs.
    """

    connection: t.Any
    execute: c.Callable[..., dict[str, t.Any]]
    scrub: c.Callable[[t.Any], t.Any]
    host: str
    network: c.Mapping[str, t.Any]
    check: bool
    sharing: Sharing | None = None

    def call(self, request: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Run one request, in check mode as the task is. Returns the agent's answer, of success or failure.

        If a host did not start the agent, nothing was done there, and it is asked again according to ``retry``.
        Usually, an antivirus keeps the compiler's own temporary files open for a moment (ansible.windows issues 588,
        598, 657), and Windows PowerShell reports this in its own language, without the compiler's number.
        """
        request = {"check": self.check, **request, **self.network}
        for pause in retry.attempts():
            try:
                return self.call_once(request)
            except AgentCallError as error:
                if error.failure.code != NOT_STARTED or pause is None:
                    raise
                cause = error.failure.cause
            self.wait(request["operation"], cause, pause)
        raise AssertionError("the last attempt has no pause")

    def ask(self, request: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Run one request. Returns its answer of success; an answer of failure also raises AgentCallError."""
        answer = self.call(request)
        if answer["failed"]:
            raise AgentCallError(Failure.from_mapping(answer["error"]))
        return answer

    def call_once(self, request: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Send a request as it is, once. NOT_STARTED is the code if the agent was not reached."""
        stdin = agent_source(*operations_of(request)).stdin({"protocol": PROTOCOL, **request})
        return self.run_script(request["operation"], stdin)

    def run_script(self, operation: str, stdin: bytes) -> dict[str, t.Any]:
        """Run the bootstrap once on an input, and return the answer to the operation. Raises as ``call_once``."""
        self._require_windows()
        self._require_no_become()
        with lock_of(self.connection):
            if self.sharing is not None:
                self.sharing.called.set()
                if self.sharing.ended.is_set():
                    raise WorkEndedError
            if not self.connection.connected:
                self._connect()
            output = self._execute(stdin, operation)
        try:
            return read_answer(output, operation, self.scrub)
        except BootstrapError as error:
            cause = str(error)
        raise AgentCallError(
            Failure(
                code=NOT_STARTED,
                what="PowerShell on the host could not compile or start the agent, and the operation was not started",
                cause=cause,
                next="The host needs .NET Framework 4.5 or later, and the connecting user a writable %TEMP%. An "
                "antivirus that keeps the compiler's files there open needs an exclusion: docs/windows.md says which.",
            )
        )

    def wait(self, operation: str, cause: str, pause: float) -> None:
        """Wait before an operation is tried again, and say why."""
        text = f"{self.host}: {operation}: {cause}; once more in {pause:g} s"
        Display().vv(self.scrub(text), host=self.host)
        self.sleep(pause)

    def sleep(self, seconds: float) -> None:
        """Wait. Raises WorkEndedError if other threads of the task do not want the work any more."""
        if self.sharing is None:
            time.sleep(seconds)
        else:
            self.sharing.sleep(seconds)

    def disconnect(self) -> None:
        """Leave the connection; the next call opens a new one."""
        with contextlib.suppress(Exception), lock_of(self.connection):
            self.connection.close()

    def _require_windows(self) -> None:
        if not getattr(self.connection._shell, "_IS_WINDOWS", False):
            raise AgentCallError(
                Failure(
                    code="not_windows",
                    what="The agent was not started",
                    cause=f"connection {self.connection.transport!r} does not talk to a Windows shell",
                    next="Set ansible_connection to winrm or psrp, or to ssh together with ansible_shell_type: "
                    "powershell.",
                )
            )

    def _require_no_become(self) -> None:
        become = self.connection.become
        if become is not None:
            user = become.get_option("become_user")
            raise AgentCallError(
                Failure(
                    code="become",
                    what="The agent was not started",
                    cause=f"become is on (method {become.name}, user {user}), but the agent runs as the connection's "
                    "user",
                    next="Set become: false on the task or ansible_become: false for the host, and connect as that "
                    "user.",
                )
            )

    def _connect(self) -> None:
        """Open the connection.

        An error of a library here means that the host cannot be reached. An error of the plugin itself, such as a
        missing library, is an AgentCallError.
        """
        try:
            self.connection._connect()
        except AnsibleConnectionFailure:
            raise
        except AnsibleError as error:
            failure = connection_failure(self.scrub(str(error.message)), connection_settings(self.connection))
            raise AgentCallError(failure) from None
        except Exception as error:
            if not _is_connection_loss(error):
                raise
            said = str(error)
        else:
            return
        raise AnsibleConnectionFailure(said)

    def _command(self) -> str:
        """Return the command that runs the bootstrap in one PowerShell, whatever the version of ansible-core.

        winrm encodes every command itself, and up to ansible-core 2.18 also one that is already encoded. psrp and ssh
        need the encoded form: with a raw command, psrp would lose its text input, and newer ssh would pass it to any
        default shell.
        """
        if self.connection.transport == "winrm":
            return bootstrap()
        return f"{_POWERSHELL} {base64.b64encode(bootstrap().encode('utf-16-le')).decode('ascii')}"

    def _execute(self, stdin: bytes, operation: str) -> dict[str, t.Any]:
        """Run the command. Returns rc, stdout and stderr."""
        try:
            return self.execute(self._command(), in_data=stdin, sudoable=False)
        except AnsibleAuthenticationFailure:
            raise
        except Exception as error:
            if isinstance(error, AnsibleConnectionFailure) and _NEVER_CONNECTED.search(str(error)):
                raise
            if not _is_connection_loss(error):
                raise
            cause = f"{type(error).__name__}: {error}"
        raise AgentCallError(
            Failure(
                code="connection_lost",
                what=f"The connection was lost after the operation ({operation}) was started",
                cause=cause,
                next="The operation may still be running on the host, or have succeeded. While it runs, it holds a "
                "lock, and another operation on the same target is refused. Check with groupid_info before you run it "
                "again.",
            )
        )


def _is_connection_loss(error: Exception) -> bool:
    """Whether the error comes from the connection, not from a mistake in the program.

    By module name: which of these libraries is installed depends on the connection plugin.
    """
    if isinstance(error, (AnsibleError, OSError)):
        return True
    return any(base.__module__.partition(".")[0] in _NETWORK_LIBRARIES for base in type(error).__mro__)
