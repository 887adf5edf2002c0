# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a session with a directory server takes and gives, whatever carries it there.

``directory.ldap_session`` provides one over LDAP. Whoever reads or writes entries knows this file alone.
"""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldif.forms import Change
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure, FailureError

Entry: t.TypeAlias = tuple[str, dict[str, list[bytes]]]
"""DN and attributes of one entry, names as the server spells them, values in the server's order."""

PAGE_SIZE: t.Final = 1000
"""Entries of a page. Active Directory gives no more at once (MaxPageSize), whatever is asked for."""


class DirectoryError(FailureError):
    """The server refused something, or the session ended.

    code: a stable word, such as ``size_limit``, or ``ldap_<result code>`` for a result code that has no word.
    cause: the server's or library's own words, with the number.
    """

    def __init__(self, code: str, what: str, cause: str, next_step: str) -> None:
        super().__init__(Failure(code, what, cause, next_step))

    @classmethod
    def of(cls, failure: Failure) -> DirectoryError:
        """Make one of a failure that another one had."""
        return cls(failure.code, failure.what, failure.cause, failure.next)


class NoDirectoryError(DirectoryError):
    """The connection or the bind never came about. The server did nothing."""


class ConflictError(DirectoryError):
    """A change does not fit what the directory holds now, and nothing of it was done.

    An old value is there no more (16, noSuchAttribute), a new one is there already (20, attributeOrValueExists), or
    the object was moved or deleted (32, noSuchObject).
    """


class ObjectRefusedError(DirectoryError):
    """The server refuses this change of this object, and may take the same one of others.

    A rule of the schema, the account's rights on it, a limit of the object's size.
    """


class SearchLostError(DirectoryError):
    """The server forgot a search between two of its pages. Begun anew it may well succeed."""


class NotInstalledError(DirectoryError):
    """This side lacks a program or library. Nobody was asked for anything."""


class Directory(t.Protocol):
    """A bound session with one directory server, used by one thread at a time.

    server: DNS name or address that it is connected to; the same for all its life. Referrals are never followed.
    """

    server: str

    def read(self, dn: str, attributes: c.Sequence[str]) -> dict[str, list[bytes]] | None:
        """Read one entry; ``""`` is the server's own (rootDSE). None: there is no such object, or no right to see it.

        attributes: at least one; an attribute that the entry lacks is not in the result.

        Raises DirectoryError.
        """

    def pages(
        self, base: str, filter_text: str, attributes: c.Sequence[str], size: int = PAGE_SIZE
    ) -> c.Iterator[list[Entry]]:
        """Search all below base, page by page. The next page is asked for before one is given out.

        No match is no page. Search references (parts that another server holds) are left out. Ask nothing else of the
        session before the last page has come: a page that came meanwhile may be lost, which is an error.

        Raises DirectoryError, also between two pages: what came before it is never the whole result. SearchLostError
        where the search may be begun anew.
        """

    def modify(self, dn: str, changes: c.Sequence[Change]) -> None:
        """Apply all changes to one object, or none of them.

        Raises ConflictError when they do not fit what the object holds now, ObjectRefusedError when something else
        about this object is in the way, DirectoryError for anything else: no later change would fare better.
        """

    def account(self) -> str | None:
        """Return the account of the session as the server sees it, ``CORP\\svc`` or a DN; None if it is not known.

        Raises DirectoryError when the session is lost.
        """

    def close(self) -> None:
        """End the session. A second call does nothing."""


def search(directory: Directory, base: str, filter_text: str, attributes: c.Sequence[str]) -> list[Entry]:
    """Return all results of a search that has few; it is started again once if the server forgot it.

    Raises DirectoryError.
    """

    def found() -> list[Entry]:
        return [entry for page in directory.pages(base, filter_text, attributes) for entry in page]

    try:
        return found()
    except SearchLostError:
        return found()
