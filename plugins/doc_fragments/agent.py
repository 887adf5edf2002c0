# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation shared by the modules that are operations of the agent."""

from __future__ import annotations


class ModuleDocFragment:
    """Attributes and notes."""

    DOCUMENTATION = r"""
options: {}
requirements:
  - .NET Framework 4.5 or later and Windows PowerShell 5.1 in Full Language Mode on the host.
  - On the controller, what the connection plugin needs, for example C(pywinrm).
attributes:
  action:
    support: full
    description: Runs its own code on the controller, and runs an agent on the host.
  async:
    support: none
    description: Supports being used with the C(async) keyword.
  check_mode:
    support: full
    description: Can run in check mode and return the changed status without modifying the host.
  platform:
    support: full
    platforms: windows
    description: Target OS that can be operated against.
notes:
  - The connection is C(ansible.builtin.winrm), C(ansible.builtin.psrp), or C(ansible.builtin.ssh) with
    C(ansible_shell_type=powershell).
  - C(become) is refused. The operation runs as the user of the connection, who must be a member of Administrators, or
    be allowed to read and write the folders.
  - Passwords and other secrets of the play are masked in the result.
  - If the variables C(groupid_network_username) (C(DOMAIN\user) or C(user@domain)) and C(groupid_network_password) are
    set, shares and programs that are started on the host see that account in place of the connection's account. The
    action reads both from the variables. They are never arguments of a task. Windows does not check the password until
    a share is opened.
  - Backup, verify and restore of folders run on the host in a separate process, outside of the connection. If the
    connection is lost, the module connects again and finds the operation. If you run the same task again, it finds an
    operation of an earlier run that is still running, and does not start a second one. A task's C(timeout) cancels the
    operation.
  - If the connection cannot be restored after the operation was started, the task fails with the error code
    V(connection_lost), and the host stays in the play. The operation may still be running on the host.
"""
