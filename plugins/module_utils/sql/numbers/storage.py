# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers of disks and files: those of a database, and those of a backup."""

from __future__ import annotations

import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.sql.numbers.advice import Advice

STORAGE: t.Final[tuple[Advice, ...]] = (
    Advice(
        823,
        "Windows reported an error reading or writing the database's files.",
        "The storage is failing.",
        "Check the server's disks and event log, and run DBCC CHECKDB, before anything else.",
    ),
    Advice(
        824,
        "A page of the database is damaged.",
        "The storage changed or lost data.",
        "Run DBCC CHECKDB and restore from a backup that is not damaged.",
    ),
    Advice(
        1105,
        "A filegroup is full.",
        "The disk is full, or the file may not grow.",
        "Free space on the disk, or let the file grow.",
    ),
    Advice(
        3201,
        "A backup file cannot be opened.",
        "SQL Server opens it as its own service account, on its own computer.",
        "Check the path as the SQL server sees it, and the rights of its service account.",
    ),
    Advice(
        3202,
        "Writing to the backup file failed.",
        "The storage or the network failed in the middle.",
        "Correct it and run again. The file is incomplete.",
    ),
    Advice(
        3203,
        "Reading the backup file failed.",
        "The storage or the network failed in the middle, or the file is truncated.",
        "Check the file and its folder, then run again.",
    ),
    Advice(
        3271,
        "A read or write failed for good.",
        "The storage or the network failed.",
        "Correct it and run again.",
    ),
    Advice(
        5120,
        "A file of the database cannot be opened.",
        "It is missing, or the account that SQL Server runs as may not open it.",
        "Check the file and its rights.",
    ),
    Advice(
        5123,
        "A file of the database cannot be created.",
        "The folder is missing, or the account that SQL Server runs as may not write there.",
        "Set data_path and log_path to a folder that the server can write to.",
    ),
    Advice(
        5133,
        "The folder of a database file cannot be looked up.",
        "It is missing, or the account that SQL Server runs as may not read it.",
        "Set data_path and log_path to a folder that exists on the SQL server.",
    ),
    Advice(
        5149,
        "A file of the database could not grow.",
        "The disk is full or failing.",
        "Free space on the disk, then run again.",
    ),
    Advice(
        9002,
        "The transaction log is full.",
        "Its disk is full, or nothing lets it be reused (log_reuse_wait_desc says what).",
        "Free space for the log or back it up, then run again.",
    ),
)
