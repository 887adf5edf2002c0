# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The interface of a session with a directory server, for any transport.

``directory.ldap_session`` implements it over LDAP. Code that reads or writes entries uses only this file.
"""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldif.forms import Change
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure, FailureError

Entry: t.TypeAlias = tuple[str, dict[str, list[bytes]]]
"""DN and attributes of one entry, names as the server spells them, values in the server's order."""

PAGE_SIZE: t.Final = 1000
"""Entries of a page. Active Directory never returns more at once (MaxPageSize)."""


class DirectoryError(FailureError):
    """The server refused something, or the session ended.

    code: a stable word, such as ``size_limit``, or ``ldap_<result code>`` for a result code that has no word.
    cause: the server's or library's own words, with the number.
    """

    def __init__(self, code: str, what: str, cause: str, next_step: str) -> None:
        super().__init__(Failure(code, what, cause, next_step))

    @classmethod
    def of(cls, failure: Failure) -> DirectoryError:
        """Make an error from the failure of another one."""
        return cls(failure.code, failure.what, failure.cause, failure.next)


class NoDirectoryError(DirectoryError):
    """The connection or the bind failed. The server did nothing."""


class ConflictError(DirectoryError):
    """A change does not match the current values in the directory, and nothing was changed.

    An old value no longer exists (16, noSuchAttribute), a new one already exists (20, attributeOrValueExists), or the
    object was moved or deleted (32, noSuchObject).
    """


class ObjectRefusedError(DirectoryError):
    """The server refuses this change of this object, but may accept the same change of others.

    Causes: a rule of the schema, the account's rights on the object, a limit of its size.
    """


class SearchLostError(DirectoryError):
    """The server forgot a search between two of its pages. A new search may succeed."""


class NotInstalledError(DirectoryError):
    """A program or library is missing here. No server was asked."""


class Directory(t.Protocol):
    """A bound session with one directory server, used by one thread at a time.

    server: DNS name or address that it is connected to; it never changes. Referrals are never followed.
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
        """Search everything below base, page by page. The next page is requested before a page is returned.

        No match is no page. Search references (to parts on another server) are left out. Do not use the session for
        anything else before the last page: a page that arrives meanwhile may be lost, which is an error.

        Raises DirectoryError, also between two pages: the pages before it are never the whole result. SearchLostError
        if the search may be started again.
        """

    def modify(self, dn: str, changes: c.Sequence[Change]) -> None:
        """Apply all changes to one object, or none of them.

        Raises ConflictError if they do not match the current values of the object, ObjectRefusedError for another
        problem with this object, DirectoryError for anything else, which would affect all later changes.
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
