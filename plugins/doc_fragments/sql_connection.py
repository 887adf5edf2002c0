# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation shared by the modules that connect to SQL Server."""

from __future__ import annotations


class ModuleDocFragment:
    """Where the server is, and how to log in."""

    DOCUMENTATION = r"""
options:
  server:
    description:
      - DNS name or IP address of the SQL Server, or of an availability group's listener, without instance and port.
    type: str
    required: true
  instance:
    description:
      - Name of a named instance. SQL Server Browser (UDP 1434) is asked for its port.
      - Mutually exclusive with O(port).
    type: str
  port:
    description:
      - TCP port. By default 1433, if there is no O(instance).
    type: int
  auth:
    description:
      - V(sql) logs in with O(username) and O(password).
      - V(windows) logs in with the Kerberos ticket of the user who runs the module (see C(kinit) and C(klist)).
    type: str
    choices: [sql, windows]
    default: sql
  username:
    description:
      - SQL login, for O(auth=sql).
    type: str
  password:
    description:
      - Its password.
    type: str
  encrypt:
    description:
      - V(verified) encrypts the connection and checks the server's certificate and the name in it.
      - V(unverified) encrypts the connection, but does not check who answers.
      - V(off) encrypts only the login, if the server can.
      - V(strict) is TDS 8.0, for a server that requires it (SQL Server 2022 and later). Certificate and name are
        checked as with V(verified). It needs Microsoft's ODBC Driver 18. Added in version 0.6.0.
      - A driver that cannot check certificates as asked is refused.
    type: str
    choices: [verified, unverified, "off", strict]
    default: verified
  ca_file:
    description:
      - PEM file with the certificate authorities to trust, on the host that runs the module. By default, those of the
        system.
      - Only used with O(encrypt=verified) and O(encrypt=strict).
    type: path
  host_name_in_certificate:
    description:
      - Name in the certificate, if it is not O(server). Only with Microsoft's ODBC Driver 18.
      - Only used with O(encrypt=verified) and O(encrypt=strict).
    type: str
  driver:
    description:
      - ODBC driver, by its name in C(odbcinst.ini) or the absolute path of its library.
      - By default, the newest C(ODBC Driver N for SQL Server) from 17 on, otherwise FreeTDS.
    type: str
  login_timeout:
    description:
      - Time limit for the login, in seconds.
    type: int
    default: 15
requirements:
  - pyodbc on the host that runs the module.
  - An ODBC driver there, Microsoft's 17 or 18, or FreeTDS 1.0 or later.
attributes:
  action:
    support: full
    description: Adds the connection options from the host's variables, then runs the module.
  async:
    support: none
    description: Supports being used with the C(async) keyword.
  check_mode:
    support: full
    description: Can run in check mode and return the changed status without modifying the target.
  platform:
    support: full
    platforms: posix
    description: Target OS that can be operated against.
notes:
  - Runs on a host that has Python, pyodbc and a driver, for example on the controller with C(delegate_to=localhost). No
    GroupID server needs them.
  - The connection goes to the database C(master) under the application name C(identityops.groupid).
  - If the task does not set an option of the connection, its value is that of the host's variable C(groupid_sql_) and
    the name of the option, such as C(groupid_sql_password).
  - The password is masked in results and messages.
"""
