# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of how a backup copies files."""

from __future__ import annotations

import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.vocabulary.word import (
    BACKUP,
    CHOOSING,
    COPYING,
    SAVING,
    Word,
)

BACKUPS: t.Final[tuple[Word, ...]] = (
    Word(
        "groupid_quiesce",
        "str",
        "all",
        "What a backup stops on all servers of a deployment, so that its set is one point in time. `all` is everything "
        "of GroupID that runs, `elasticsearch` only the services of Elasticsearch, and `none` is nothing. A run that "
        "does not include all servers of a deployment stops nothing on it.",
        roles=SAVING,
        choices=("all", "elasticsearch", "none"),
    ),
    Word(
        "groupid_quiesce_max",
        "int",
        7200,
        "Seconds after which a server starts GroupID again by itself, also if the controller is gone. The set is not "
        "sealed then. `0` turns this off.",
        roles=SAVING,
        least=0,
        most=86400,
        example="3600",
    ),
    Word(
        "groupid_waive",
        "list",
        [],
        "Names of problems that are accepted, and so do not prevent a seal. With `elasticsearch_running`, "
        "Elasticsearch ran "
        "while its folder was copied. With `programs_running`, programs in GroupID's folders went on while GroupID was "
        "stopped. With `sessions_open`, others were connected to the database while GroupID was "
        "stopped. With `sessions_unknown`, the login does not see whether they were. With `workers_unknown`, it is not "
        "known whether all worker processes of IIS had ended. The seal names what was accepted.",
        roles=SAVING,
        elements="str",
        choices=("elasticsearch_running", "programs_running", "sessions_open", "sessions_unknown", "workers_unknown"),
        example="[sessions_unknown]",
    ),
    Word(
        "groupid_allow_partial",
        "list",
        [],
        "Globs for files that may be missing from a part. They match the name of the component, a slash, and the "
        "path below its root.",
        roles=(BACKUP,),
        elements="glob",
        example='["reports/**"]',
    ),
    Word(
        "groupid_link_unchanged",
        "bool",
        False,
        "Make hard links for files that did not change since the newest sealed set. A link takes no time to copy "
        "and no disk space. All sets that share a file lose it when it is damaged. New parts are then always read "
        "again before their set is sealed.",
        roles=(BACKUP,),
    ),
    Word(
        "groupid_allow_open_roots",
        "list",
        [],
        "Backup roots to use although accounts other than administrators can change them. Write each as in "
        "`groupid_backup_root`. A restore also needs `groupid_signing_key`, and restores no database from such a root.",
        roles=CHOOSING,
        elements="path",
        example="[D:\\Backups]",
    ),
    Word(
        "groupid_threads",
        "int",
        0,
        "Number of files handled at the same time on a server. `0` lets the server choose.",
        roles=COPYING,
        least=0,
        most=256,
        example="4",
    ),
    Word(
        "groupid_retries",
        "int",
        3,
        "How many times a locked file is tried again.",
        roles=(BACKUP,),
        least=0,
        most=100,
        example="3",
    ),
    Word(
        "groupid_retry_wait",
        "float",
        0.5,
        "Seconds between two tries of a locked file.",
        roles=(BACKUP,),
        least=0,
        most=60,
        example="0.5",
    ),
    Word(
        "groupid_verify_after",
        "bool",
        True,
        "Read every new part again before its set is sealed. With `groupid_link_unchanged`, this is always done.",
        roles=(BACKUP,),
    ),
)
