# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of how a restore of folders works."""

from __future__ import annotations

import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.vocabulary.word import RESTORING, Word

RESTORES: t.Final[tuple[Word, ...]] = (
    Word(
        "groupid_restore_confirm",
        "list",
        [],
        "Deployment and id of the set once more, such as `hq/20261122T150405Z`. Nothing is restored unless this "
        "equals what was chosen. The id is enough if only one deployment of the run has the set.",
        roles=RESTORING,
        elements="confirmation",
        where="extra",
        example="hq/20261122T150405Z",
        shown="empty",
    ),
    Word(
        "groupid_restore_map",
        "dict",
        {},
        "Servers that restore the part of another server. The key is the server of the part, and the value is the "
        "server that restores it. An entry also accepts that Windows was reinstalled on the server.",
        roles=RESTORING,
        elements="server",
        keys="server",
        where="extra",
        example="web01=web02",
    ),
    Word(
        "groupid_restore_targets",
        "dict",
        {},
        "Folders to restore to, in place of the original ones, by the name of the component. One folder on a share for "
        "two servers is refused. Case, slashes at the end, and a file server's name with or without its domain make no "
        "difference. An address, an alias in DNS or a DFS name beside the server's name is not recognized as the same "
        "server, and neither is a drive beside its share.",
        roles=RESTORING,
        elements="path",
        keys="component",
        where="extra",
        example="reports=D:/Elsewhere",
    ),
    Word(
        "groupid_restore_policy",
        "str",
        "merge",
        "`merge` keeps files that the part does not have; `mirror` removes them. `elasticsearch` is always mirrored.",
        roles=RESTORING,
        choices=("merge", "mirror"),
        where="extra",
    ),
    Word(
        "groupid_restore_overwrite",
        "str",
        "always",
        "What happens to files that exist. `always` reads files of the same size and replaces every file that "
        "differs. `if-changed` treats files with the same size and last write time as equal. `never` does not "
        "change existing files.",
        roles=RESTORING,
        choices=("always", "if-changed", "never"),
        where="extra",
    ),
    Word(
        "groupid_restore_safety",
        "bool",
        True,
        "Save files as a set of their own before they are replaced or removed. The id of this set ends with "
        "`-before-restore`.",
        roles=RESTORING,
    ),
    Word(
        "groupid_restore_safety_keep",
        "int",
        3,
        "How many parts of a server to keep in the sets that end with `-before-restore`. A restore that succeeds "
        "removes older parts.",
        roles=RESTORING,
        least=1,
        most=1000,
        example="3",
    ),
    Word(
        "groupid_restore_security",
        "str",
        "auto",
        "Which owners and access lists restored files get. `auto` restores the saved ones if the files go back to "
        "the same folder of the same Windows installation. `original` restores them in any case. `inherit` lets "
        "all restored files inherit from the folder above.",
        roles=RESTORING,
        choices=("auto", "original", "inherit"),
    ),
    Word(
        "groupid_restore_unsealed",
        "bool",
        False,
        "Allow a restore from a set that is not sealed, or from a partial part.",
        roles=RESTORING,
        where="extra",
    ),
    Word(
        "groupid_diff_limit",
        "int",
        200,
        "How many paths of each kind a diff shows.",
        roles=RESTORING,
        least=0,
        example="200",
    ),
)
