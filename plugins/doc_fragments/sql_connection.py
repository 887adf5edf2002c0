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
      - Name of a named instance. Its port is asked of SQL Server Browser (UDP 1434).
      - Mutually exclusive with O(port).
    type: str
  port:
    description:
      - TCP port. Without it and O(instance), 1433.
    type: int
  auth:
    description:
      - V(sql) logs in with O(username) and O(password).
      - V(windows) logs in with the Kerberos ticket of the user that runs the module (see C(kinit) and C(klist)).
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
      - V(unverified) encrypts the connection, with whoever answers.
      - V(off) encrypts the login where the server can, and nothing after it.
      - V(strict) is TDS 8.0, for a server that forces it (SQL Server 2022 and later). Certificate and name are checked
        as with V(verified). It takes Microsoft's ODBC Driver 18. Added in version 0.6.0.
      - A driver that cannot check certificates as asked is refused.
    type: str
    choices: [verified, unverified, "off", strict]
    default: verified
  ca_file:
    description:
      - PEM file of the certificate authorities to trust, on the host that runs the module. Without it, the system's.
      - Of use with O(encrypt=verified) and O(encrypt=strict) only.
    type: path
  host_name_in_certificate:
    description:
      - Name that the certificate carries, where that is not O(server). Microsoft's ODBC Driver 18 only.
      - Of use with O(encrypt=verified) and O(encrypt=strict) only.
    type: str
  driver:
    description:
      - ODBC driver, by its name in C(odbcinst.ini) or the absolute path of its library.
      - Without it, the newest C(ODBC Driver N for SQL Server) from 17, else FreeTDS.
    type: str
  login_timeout:
    description:
      - Seconds within which the login must be done.
    type: int
    default: 15
requirements:
  - pyodbc on the host that runs the module.
  - An ODBC driver there, Microsoft's 17 or 18, or FreeTDS 1.0 or later.
attributes:
  action:
    support: full
    description: Fills in what the host's variables say of the connection, then runs the module.
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
  - Runs where Python, pyodbc and a driver are, on the controller with C(delegate_to=localhost) or on any such host. No
    GroupID server needs them.
  - The connection goes to the database C(master) under the application name C(identityops.groupid).
  - An option of the connection that the task does not give is taken from the host's variable C(groupid_sql_) and the
    option's name, such as C(groupid_sql_password).
  - The password is masked in results and messages.
"""
