# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of preflight, rehearsals and verification."""

from __future__ import annotations

import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.vocabulary.word import PREFLIGHT, ROLES, VERIFY, Word

CHECKS: t.Final[tuple[Word, ...]] = (
    Word(
        "groupid_preflight_measure",
        "bool",
        True,
        "Measure the folders of the components, and estimate how long a backup takes.",
        roles=(PREFLIGHT,),
    ),
    Word(
        "groupid_rehearse",
        "bool",
        False,
        "Test backup, verify and restore on each server, in scratch folders. Preflight fails if the test shows "
        "that data would be lost.",
        roles=(PREFLIGHT,),
    ),
    Word(
        "groupid_rehearsal_dir",
        "str",
        "",
        "Directory on the controller for the results of rehearsals. It gets one JSON file for each server, each "
        "database and each domain. If empty, the results are only printed.",
        roles=(PREFLIGHT,),
        example="rehearsals",
    ),
    Word(
        "groupid_rehearsal_names",
        "bool",
        False,
        "Keep the names of servers, accounts and folders in the results of rehearsals. By default, they are masked.",
        roles=(PREFLIGHT,),
        where="extra",
    ),
    Word(
        "groupid_rehearsal_clean",
        "bool",
        False,
        "Only remove what interrupted rehearsals have left.",
        roles=(PREFLIGHT,),
        where="extra",
    ),
    Word(
        "groupid_report_kind",
        "str",
        "preflight",
        "Which summary the report prints, in a play of your own.",
        roles=(PREFLIGHT,),
        choices=ROLES,
    ),
    Word(
        "groupid_verify_mode",
        "verify_mode",
        "full",
        "How much of a part is read. `full` reads every file. `quick` compares names, sizes and the records of "
        "the part. A share such as `2/7` does the same and also reads the files of this share, the second of "
        "seven. Seven runs from `1/7` to `7/7` read every file once.",
        roles=(VERIFY,),
        example="2/7",
    ),
)
