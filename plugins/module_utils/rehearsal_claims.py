# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The claims that a rehearsal tries on a server, and the four verdicts.

The ids of the claims about a server are those of docs/windows.md. If a rehearsal cannot try a claim, the reason is
here. All other claims are judged in `rehearsal_judge`, from the steps of `rehearsal`.
"""

from __future__ import annotations

import dataclasses
import typing as t

Verdict = t.Literal["held", "not held", "refused by the system", "not tried here"]

HELD: t.Final = "held"
NOT_HELD: t.Final = "not held"
REFUSED: t.Final = "refused by the system"
NOT_TRIED: t.Final = "not tried here"

VERDICTS: t.Final[tuple[Verdict, ...]] = (HELD, NOT_HELD, REFUSED, NOT_TRIED)

# The most serious first: if there are several answers to a claim, this order decides.
_GRAVITY: t.Final = (NOT_HELD, REFUSED, HELD, NOT_TRIED)


@dataclasses.dataclass(frozen=True)
class Claim:
    """One promise.

    id: stable. words: text for a table. untried: why a rehearsal never tries it. Empty: it tries it.
    consequence: what it means for a restore if the claim is not held. Empty: nothing.
    loss: data would then be lost, and a backup or a restore is refused.
    """

    id: str
    words: str
    untried: str = ""
    consequence: str = ""
    loss: bool = False


@dataclasses.dataclass(frozen=True)
class Finding:
    """One answer to a claim. seen: what was seen, or why it was not tried; without secrets."""

    id: str
    verdict: Verdict
    seen: str = ""

    def explained(self) -> dict[str, str]:
        """Return the answer as members of a result."""
        return dataclasses.asdict(self)


_MOMENT = "It needs a change at a moment that nobody can choose."
_ONE_SERVER = "One server alone cannot prove it."
_FORMAT = "Any set shows it."
_OTHER_PROGRAM = "It needs the program itself."
_STOPS_NOTHING = "A rehearsal asks for no service, and stops none."

CLAIMS: t.Final = (
    Claim("agent.bootstrap", "The bootstrap runs the agent under Windows PowerShell"),
    Claim("agent.logging", "No request and no password is logged", "A rehearsal reads no event log."),
    Claim("agent.compiler", "The agent waits for a compiler that is blocked"),
    Claim("agent.framework", "The agent runs on .NET Framework"),
    Claim("agent.sha256", "SHA-256 comes from Windows (CNG), and is right"),
    Claim(
        "agent.privileges",
        "The four privileges are enabled",
        consequence="Files that the account has no right to may be missing in a backup, and owners in a restore.",
    ),
    Claim("agent.constrained", "Constrained Language Mode is refused by name", "This server runs in Full Language."),
    Claim(
        "state.owner",
        "The owner of the state folder is recognized",
        consequence="No backup and no restore can start on this server.",
    ),
    Claim(
        "job.outlives",
        "A job outlives the connection that started it",
        consequence="A lost connection ends the restore that it started; the next run completes it or rolls it back.",
    ),
    Claim("job.look", "Asking for a job's state compiles nothing"),
    Claim("job.outside", "If the connection forbids that, WMI starts the job"),
    Claim("job.service", "WMI starts the job as the account of the connection"),
    Claim("job.pipe", "Such a job gets its request through a named pipe"),
    Claim("job.inside", "If no job can be started, the operation runs inside"),
    Claim("job.engine", "A job compiles the agent again, without a window"),
    Claim("job.request", "A job gets its request through a pipe"),
    Claim("job.network", "A job keeps the rights of a network logon", _ONE_SERVER),
    Claim(
        "files.names", "Files with unusual names are restored", consequence="Such files are not restored.", loss=True
    ),
    Claim(
        "files.long_names",
        "Paths of more than 260 characters are restored",
        consequence="Files with long paths are not restored.",
        loss=True,
    ),
    Claim("files.reserved_names", "Files with reserved names are named, not lost"),
    Claim("files.case_twins", "Of names that differ only in case, one is copied"),
    Claim("files.locked", "A file in use is found and named, and its owner continues"),
    Claim("files.open_for_reading", "A file open only for reading is copied, not counted"),
    Claim("files.open_for_writing", "A file open for writing is copied and counted"),
    Claim("files.times", "Write times are restored", consequence="Programs that compare times see changed files."),
    Claim("files.created", "Creation times are restored"),
    Claim("files.read_only", "Read-only files and empty folders are restored"),
    Claim("files.hidden_system", "Hidden and system files are restored as such"),
    Claim(
        "files.security",
        "Explicit entries of access lists are restored",
        consequence="Accounts, such as an application pool's, may lack access after a restore.",
    ),
    Claim(
        "files.security_protected",
        "Protected lists and deny entries are restored",
        consequence="After a restore, more accounts may read or change such a folder than before.",
    ),
    Claim("files.security_numbers", "Owners and lists are stored as numbers", _FORMAT),
    Claim("files.owner", "Another owner is restored", consequence="Files belong to another account after a restore."),
    Claim("files.sparse_compressed", "Sparse and compressed files are counted in a warning"),
    Claim("files.encrypted", "Encrypted files are counted in a warning", "No certificate is made for a rehearsal."),
    Claim(
        "files.streams",
        "Alternate data streams are restored",
        consequence="Alternate data streams are not restored.",
    ),
    Claim(
        "files.hard_links",
        "A file with several names is copied under each",
        consequence="One of its names is not restored.",
        loss=True,
    ),
    Claim("files.links", "Junctions are seen and not followed"),
    Claim("files.folder_becomes_link", "A file behind a folder that became a link is not copied", _MOMENT),
    Claim("files.change_time", "What changes a file's content changes its change time", _OTHER_PROGRAM),
    Claim("files.deduplicated", "Deduplicated and cloud files are read as files", _OTHER_PROGRAM),
    Claim(
        "backup.untouched",
        "A backup does not change what it reads",
        consequence="A backup changes GroupID's files.",
        loss=True,
    ),
    Claim(
        "backup.content",
        "The copy has the content of the original",
        consequence="A set does not contain what was backed up.",
        loss=True,
    ),
    Claim(
        "operations.succeed",
        "Backup, verify and restore end without an error",
        consequence="A backup or a restore fails on this server.",
        loss=True,
    ),
    Claim(
        "verify.damage",
        "Verify finds one changed byte, and nothing is restored then",
        consequence="Damage of a set would be restored.",
        loss=True,
    ),
    Claim("verify.by_hand", "The script of docs/verify-by-hand.md finds the same", "It is run by hand."),
    Claim("verify.million", "1,000,000 files are verified in 400 MB of memory", "A rehearsal is small."),
    Claim("restore.predicted", "Check mode predicts exactly what a restore changes"),
    Claim(
        "restore.merge",
        "A restore that merges restores everything",
        consequence="Files are not restored.",
        loss=True,
    ),
    Claim(
        "restore.mirror", "A restore that mirrors makes the same tree", consequence="Files are not restored.", loss=True
    ),
    Claim(
        "restore.held_open",
        "A file held open rolls a restore back, and is named",
        consequence="A restore with a file in use leaves a mixture of old and new files.",
        loss=True,
    ),
    Claim("restore.held_for_a_moment", "A name that is in use for a moment only costs time", _MOMENT),
    Claim("restore.deletion_pending", "A deletion that has not ended is recognized", _MOMENT),
    Claim("restore.created", "Swapped files have their own creation time", "files.created shows it."),
    Claim(
        "restore.killed",
        "The next restore completes one that was killed",
        consequence="A restore that is interrupted leaves a mixture of old and new files.",
        loss=True,
    ),
    Claim("restore.inherits", "Restored files inherit from their folder"),
    Claim("restore.passed_on", "A restored access list of a folder reaches the files that stay"),
    Claim("restore.folder_held", "A folder that a restore holds cannot be replaced", _MOMENT),
    Claim("restore.folder_facts", "A folder in use by a restore can be changed by it"),
    Claim("root.trust", "A backup root that others can change is refused"),
    Claim("root.icacls", "The icacls line of that error closes a root", "The line is for a person to run."),
    Claim("root.streams", "A backup root without streams is recognized"),
    Claim("root.volume", "A warning names a component on the root's volume"),
    Claim("root.fat", "Sets on FAT32 and exFAT are complete", "The backup root was not moved to such a disk."),
    Claim("root.owner", "Administrators own what the agent makes", "root.trust shows it."),
    Claim("root.flush", "A flush of the volume makes a set survive power loss", "A rehearsal does not cut the power."),
    Claim("links.unchanged", "Unchanged files become hard links"),
    Claim("links.limit", "The 1,025th name is refused and copied", "A rehearsal is small."),
    Claim("links.read_only", "A shared read-only file stays so when a set is removed"),
    Claim("links.streams", "A file with streams is copied, never linked"),
    Claim("share.second_hop", "A share is reached without a separate account"),
    Claim("share.identity", "A share sees the network account in every call"),
    Claim("share.rights", "The agent keeps its rights while it uses that account"),
    Claim("share.password", "A wrong password is answered by the share", "A refused login may lock an account."),
    Claim("share.accounts", "A share is open to the accounts of several servers", _ONE_SERVER),
    Claim("share.desktop", "A program with another account has a desktop", _OTHER_PROGRAM),
    Claim("share.programs", "A program that is started uses the account", "No program uses a share in a rehearsal."),
    Claim("connection.https", "HTTPS with a certificate that is checked"),
    Claim("connection.ntlm", "NTLM with encrypted messages"),
    Claim("connection.kerberos", "Kerberos or CredSSP with encrypted messages"),
    Claim("connection.psrp", "psrp: bootstrap and agent in one runspace"),
    Claim("connection.ssh", "ssh: the command line through the default shell"),
    Claim("witness.agrees", "Windows' own tools see the same as the rehearsal"),
    Claim("database.account", "SQL Server's account gets access, and no other", _OTHER_PROGRAM),
    Claim("groupid.works", "A restored portal, job and index work in GroupID", _OTHER_PROGRAM),
    Claim("services.read", "The service control manager reports what runs", _STOPS_NOTHING),
    Claim("services.stopped", "A service stops with those that need it", _STOPS_NOTHING),
    Claim("services.restored", "A service starts again with its start type", _STOPS_NOTHING),
    Claim("services.paused", "A paused service is paused again", _STOPS_NOTHING),
    Claim("services.recovery", "A service that stops with an error stays stopped", _STOPS_NOTHING),
    Claim("services.tasks", "The Task Scheduler lists tasks, and disables them", _STOPS_NOTHING),
    Claim("services.pools", "appcmd.exe lists pools, stops and starts them", _STOPS_NOTHING),
    Claim("services.shared_configuration", "A configuration that IIS shares is seen", _STOPS_NOTHING),
    Claim("services.restart", "After a restart, what was stopped starts by itself", _STOPS_NOTHING),
    Claim("services.found", "What is found is what runs of GroupID", _STOPS_NOTHING),
)

_CUT = "A restore of the database fails on this server."
_UNSAVED = "The database is not saved by this login."

DATABASE_CLAIMS: t.Final = (
    Claim("sql.connect", "A login to SQL Server works", consequence="The database is not saved."),
    Claim(
        "sql.connection_lasts",
        "The connection lasts",
        consequence="Backups and restores of the database are interrupted.",
    ),
    Claim("sql.encrypted", "The connection is encrypted"),
    Claim("sql.certificate", "The server's certificate is checked"),
    Claim("sql.files", "The server backs up to files", consequence=_UNSAVED),
    Claim("sql.database", "The database is there and looks like GroupID's", consequence=_UNSAVED),
    Claim("sql.backup_right", "The login may back up the database", consequence=_UNSAVED),
    Claim("sql.verify_right", "The login may verify a backup", consequence=_UNSAVED),
    Claim("sql.restore_right", "The login may restore over the database"),
    Claim("sql.history", "msdb has the records of backups", consequence="No backup can be confirmed."),
    Claim("sql.folder", "SQL Server sees the folder of backups", consequence="A backup cannot be written."),
    Claim("sql.tail_log", "The end of the log can be saved before a restore"),
    Claim(
        "sql.key_saved",
        "The key of an encrypted database was saved",
        consequence="If this server is lost, no other one can restore the backups.",
    ),
    Claim("sql.room", "There is enough space for a test restore"),
    Claim("sql.scratch", "A scratch database can be made"),
    Claim(
        "sql.backup", "A backup succeeds, and msdb has its record", consequence="The database is not saved.", loss=True
    ),
    Claim("sql.verify", "The backup's checksums are correct", consequence="A backup cannot be relied on.", loss=True),
    Claim("sql.test_restore", "A test restore passes DBCC CHECKDB", consequence=_CUT, loss=True),
    Claim("sql.rows", "Every row is restored", consequence="Rows are lost.", loss=True),
    Claim("sql.scratch_dropped", "The scratch databases are dropped"),
    Claim("sql.file_removed", "The scratch backup's file is removed"),
    Claim("sql.leftovers", "No rehearsal has left a database"),
)
"""Claims that a rehearsal of a deployment's SQL Server tries. The ids are those of docs/sql-server.md."""

_UNREAD = "The group attributes are not saved."

DIRECTORY_CLAIMS: t.Final = (
    Claim("directory.connect", "A login to the domain works", consequence=_UNREAD),
    Claim("directory.encrypted", "The connection is encrypted"),
    Claim("directory.certificate", "The server's certificate is checked"),
    Claim("directory.domain", "The server has the domain that was named", consequence=_UNREAD),
    Claim("directory.writable", "The server is no read-only domain controller", consequence="It cannot restore."),
    Claim("directory.schema", "The schema has the attributes", consequence="Such attributes are not saved."),
    Claim(
        "directory.readable",
        "No attribute is hidden from the account",
        consequence="Values that the account may not see are not saved.",
    ),
    Claim("directory.reads", "A page of groups can be read", consequence=_UNREAD),
    Claim("directory.guid", "Groups are found by their objectGUID", consequence="A restore may not find groups."),
    Claim("directory.rights", "The account may write the attributes of groups"),
)
"""Claims that a rehearsal of a domain tries. The ids are those of docs/group-attributes.md."""

_BY_ID: t.Final = {claim.id: claim for claim in (*CLAIMS, *DATABASE_CLAIMS, *DIRECTORY_CLAIMS)}


def held_if(right: bool, identity: str, otherwise: str) -> Finding:
    """Return the answer to a claim that is held or not. otherwise: what was seen if it is not."""
    return Finding(identity, HELD) if right else Finding(identity, NOT_HELD, otherwise)


def claim(identity: str) -> Claim:
    """Return a claim. Raises KeyError."""
    return _BY_ID[identity]


def gathered(findings: t.Iterable[Finding], claims: t.Sequence[Claim] = CLAIMS) -> list[Finding]:
    """Return one answer for every claim, in the order of the table. Of several answers, the first of the most serious.

    findings: answers of all sources. claims: claims to return. Raises KeyError for an unknown claim.
    """
    answers: dict[str, Finding] = {}
    for one in findings:
        claim(one.id)
        before = answers.get(one.id)
        if before is None or _GRAVITY.index(one.verdict) < _GRAVITY.index(before.verdict):
            answers[one.id] = one
    return [
        answers.get(one.id) or Finding(one.id, NOT_TRIED, one.untried or "The rehearsal ended earlier.")
        for one in claims
    ]
